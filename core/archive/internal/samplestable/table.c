// The virtual table `samples`: one row for each sample of each chunk. It walks
// the chunks with an ordinary statement of the same connection, has Go decode
// one chunk at a time, and serves the columns from the decoded array.
//
// An index that is damaged may leave chunks out. So the walk passes over all
// chunks of a run, also those that a condition leaves out, which costs little
// because they are not decoded, and compares: chunks with each other, their
// counts with what the phase is said to have, and the phases with those that
// were met.

#include "table.h"
#include "_cgo_export.h"

#include <stdlib.h>
#include <string.h>

// What is used of SQLite's stable interface. The functions come from the
// go-sqlite3 package when the program is linked.
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;
typedef struct sqlite3_value sqlite3_value;
typedef struct sqlite3_context sqlite3_context;
typedef struct sqlite3_module sqlite3_module;

typedef struct {
    const sqlite3_module *module;
    int references;
    char *message;
} sqlite3_vtab;

typedef struct {
    sqlite3_vtab *vtab;
} sqlite3_vtab_cursor;

typedef struct {
    int column;
    unsigned char op;
    unsigned char usable;
    int term;
} index_constraint;

typedef struct {
    int column;
    unsigned char desc;
} index_order;

typedef struct {
    int argument;
    unsigned char omit;
} index_usage;

typedef struct {
    int constraints;
    index_constraint *constraint;
    int orders;
    index_order *order;
    index_usage *usage;
    int number;
    char *text;
    int free_text;
    int ordered;
    double cost;
    int64_t rows;
    int flags;
    uint64_t used;
} sqlite3_index_info;

struct sqlite3_module {
    int version;
    int (*create)(sqlite3 *, void *, int, const char *const *, sqlite3_vtab **, char **);
    int (*connect)(sqlite3 *, void *, int, const char *const *, sqlite3_vtab **, char **);
    int (*best_index)(sqlite3_vtab *, sqlite3_index_info *);
    int (*disconnect)(sqlite3_vtab *);
    int (*destroy)(sqlite3_vtab *);
    int (*open)(sqlite3_vtab *, sqlite3_vtab_cursor **);
    int (*close)(sqlite3_vtab_cursor *);
    int (*filter)(sqlite3_vtab_cursor *, int, const char *, int, sqlite3_value **);
    int (*next)(sqlite3_vtab_cursor *);
    int (*eof)(sqlite3_vtab_cursor *);
    int (*column)(sqlite3_vtab_cursor *, sqlite3_context *, int);
    int (*rowid)(sqlite3_vtab_cursor *, int64_t *);
    void *later[16]; // what a read-only table leaves empty
};

// Weak, because the package is linked by itself once before the program is.
#define API extern __attribute__((weak))
API int sqlite3_auto_extension(void (*)(void));
API int sqlite3_create_module(sqlite3 *, const char *, const sqlite3_module *, void *);
API int sqlite3_declare_vtab(sqlite3 *, const char *);
API const char *sqlite3_vtab_collation(sqlite3_index_info *, int);
API int sqlite3_prepare_v2(sqlite3 *, const char *, int, sqlite3_stmt **, const char **);
API int sqlite3_bind_value(sqlite3_stmt *, int, const sqlite3_value *);
API int sqlite3_step(sqlite3_stmt *);
API int sqlite3_finalize(sqlite3_stmt *);
API int64_t sqlite3_column_int64(sqlite3_stmt *, int);
API const void *sqlite3_column_blob(sqlite3_stmt *, int);
API const unsigned char *sqlite3_column_text(sqlite3_stmt *, int);
API int sqlite3_column_bytes(sqlite3_stmt *, int);
API void sqlite3_result_int64(sqlite3_context *, int64_t);
API void sqlite3_result_text(sqlite3_context *, const char *, int, void (*)(void *));
API const char *sqlite3_errmsg(sqlite3 *);
API char *sqlite3_mprintf(const char *, ...);
API void *sqlite3_malloc64(uint64_t);
API void *sqlite3_realloc64(void *, uint64_t);
API void sqlite3_free(void *);
API int sqlite3_stricmp(const char *, const char *);

enum {
    SQLITE_OK = 0,
    SQLITE_NOMEM = 7,
    SQLITE_ROW = 100,
    SQLITE_DONE = 101,
    SQLITE_CORRUPT_VTAB = 11 | 1 << 8,
    SQLITE_INDEX_CONSTRAINT_EQ = 2
};

// The columns of the table.
enum { RUN, PHASE, THREAD, SEQ, OP, STATUS, INTENDED, START, LATENCY };

// The columns of the walk over the chunks.
enum {
    CHUNK_ID, CHUNK_RUN, CHUNK_PHASE, CHUNK_THREAD, CHUNK_FIRST, CHUNK_COUNT, CHUNK_DATA,
    PHASE_NAME, PHASE_SAMPLES, RUN_ENDED, WANTED
};

#define WALK \
    "select c.id, c.run_id, c.phase, c.thread, c.first, c.count, c.data, p.name, p.samples, r.ended_at is not null"

#define CHUNKS \
    " from chunks c left join phases p on p.run_id = c.run_id and p.phase = c.phase left join runs r on r.id = c.run_id"

#define ORDER " order by c.run_id, c.phase, c.thread, c.first"

// How many phases there are that have samples.
#define PHASES "select count(*) from phases p join runs r on r.id = p.run_id where r.ended_at is not null and p.samples > 0"

// The conditions that are not tried on each sample, by bit of the index number.
static const struct {
    int column;
    const char *condition;
    double share; // of the chunks that are left
} pushed[] = {
    {RUN, "c.run_id = ?", 0.01},
    {PHASE, "p.name = ?", 0.3},
    {THREAD, "c.thread = ?", 0.1},
};
enum { PUSHED = sizeof pushed / sizeof pushed[0] };

typedef struct {
    sqlite3_vtab base;
    sqlite3 *db;
} table;

typedef struct {
    sqlite3_vtab_cursor base;
    sqlite3_stmt *walk;
    sqlite3_stmt *phases; // with samples: how many, of those that are walked
    int done;
    int64_t chunk, run, thread, first;
    int64_t phase_number, next; // of the sample that should follow
    int64_t counted, said;      // samples of the phase; said is -1 if that is not known
    int64_t met;                // phases that have samples
    char *phase; // a copy, for rows outlive the walk's step
    int phase_size;
    int at, count, room;
    benchctl_sample *samples;
} cursor;

char *benchctl_op_names[256];
char *benchctl_status_names[256];

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message) {
    (void)aux, (void)argc, (void)argv, (void)message;
    int rc = sqlite3_declare_vtab(db,
        "create table samples(run_id integer, phase text, thread integer, seq integer,"
        " op text, status text, intended_ns integer, start_ns integer, latency_ns integer)");
    if (rc != SQLITE_OK) return rc;
    table *t = sqlite3_malloc64(sizeof *t);
    if (!t) return SQLITE_NOMEM;
    memset(t, 0, sizeof *t);
    t->db = db;
    *out = &t->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *vtab) {
    sqlite3_free(vtab);
    return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *vtab, sqlite3_index_info *info) {
    (void)vtab;
    double rows = 1e9;
    int arguments = 0;
    for (int p = 0; p < PUSHED; p++) {
        for (int i = 0; i < info->constraints; i++) {
            const index_constraint *c = &info->constraint[i];
            if (c->column != pushed[p].column || c->op != SQLITE_INDEX_CONSTRAINT_EQ || !c->usable) continue;
            // The walk compares texts byte by byte.
            if (c->column == PHASE && sqlite3_stricmp(sqlite3_vtab_collation(info, i), "BINARY") != 0) continue;
            info->usage[i].argument = ++arguments;
            info->usage[i].omit = 1;
            info->number |= 1 << p;
            rows *= pushed[p].share;
            break;
        }
    }
    info->cost = rows;
    info->rows = (int64_t)rows;
    return SQLITE_OK;
}

static int table_open(sqlite3_vtab *vtab, sqlite3_vtab_cursor **out) {
    (void)vtab;
    cursor *c = sqlite3_malloc64(sizeof *c);
    if (!c) return SQLITE_NOMEM;
    memset(c, 0, sizeof *c);
    c->done = 1;
    *out = &c->base;
    return SQLITE_OK;
}

static int table_close(sqlite3_vtab_cursor *base) {
    cursor *c = (cursor *)base;
    sqlite3_finalize(c->walk);
    sqlite3_finalize(c->phases);
    sqlite3_free(c->samples);
    sqlite3_free(c->phase);
    sqlite3_free(c);
    return SQLITE_OK;
}

static int fail(cursor *c, int rc, char *message) {
    c->done = 1;
    sqlite3_free(c->base.vtab->message);
    c->base.vtab->message = message;
    return rc;
}

static int damaged(cursor *c, char *message) {
    return fail(c, SQLITE_CORRUPT_VTAB, message);
}

// end_phase compares what was counted of the phase that was walked last.
static int end_phase(cursor *c) {
    if (c->said > 0) c->met++;
    // A run without summaries, of which a chunk was damaged, says of no phase
    // how many samples it has.
    if (c->said <= 0 || c->counted == c->said) return SQLITE_OK;
    return damaged(c, sqlite3_mprintf("run %lld, phase %s: chunks with %lld samples are there, and it has %lld",
        (long long)c->run, c->phase, (long long)c->counted, (long long)c->said));
}

// end compares how many phases were walked.
static int end(cursor *c) {
    int rc = end_phase(c);
    if (rc != SQLITE_OK) return rc;
    c->done = 1;
    table *t = (table *)c->base.vtab;
    rc = sqlite3_step(c->phases);
    if (rc != SQLITE_ROW) return fail(c, rc, sqlite3_mprintf("%s", sqlite3_errmsg(t->db)));
    int64_t have = sqlite3_column_int64(c->phases, 0);
    if (have == c->met) return SQLITE_OK;
    return damaged(c, sqlite3_mprintf("the chunks of %lld phases are there, and %lld have samples",
        (long long)c->met, (long long)have));
}

// follow compares a chunk with the one before it and with its phase.
static int follow(cursor *c) {
    int64_t run = sqlite3_column_int64(c->walk, CHUNK_RUN), phase = sqlite3_column_int64(c->walk, CHUNK_PHASE);
    int64_t thread = sqlite3_column_int64(c->walk, CHUNK_THREAD), first = sqlite3_column_int64(c->walk, CHUNK_FIRST);
    int64_t count = sqlite3_column_int64(c->walk, CHUNK_COUNT);
    int same = c->phase && run == c->run && phase == c->phase_number;
    if (!same) {
        int rc = end_phase(c);
        if (rc != SQLITE_OK) return rc;
    }
    if (!same || thread != c->thread) c->next = 0;
    c->chunk = sqlite3_column_int64(c->walk, CHUNK_ID);
    c->run = run;
    c->thread = thread;
    c->first = first;
    if (!same) {
        const unsigned char *name = sqlite3_column_text(c->walk, PHASE_NAME);
        if (!name) return damaged(c, sqlite3_mprintf("run %lld, chunk %lld: its phase is not there", (long long)run, (long long)c->chunk));
        sqlite3_free(c->phase);
        c->phase = sqlite3_mprintf("%s", name);
        if (!c->phase) return fail(c, SQLITE_NOMEM, 0);
        c->phase_size = (int)strlen(c->phase);
        c->phase_number = phase;
        c->counted = 0;
        c->said = sqlite3_column_int64(c->walk, RUN_ENDED) ? sqlite3_column_int64(c->walk, PHASE_SAMPLES) : -1;
    }
    if (first != c->next) {
        return damaged(c, sqlite3_mprintf("run %lld, thread %lld, chunk %lld: it begins at sample %lld, and the samples before it end at %lld",
            (long long)run, (long long)thread, (long long)c->chunk, (long long)first, (long long)c->next));
    }
    c->next = first + count;
    c->counted += count;
    return SQLITE_OK;
}

// load steps the walk to the next chunk that is wanted, and decodes it.
static int load(cursor *c) {
    table *t = (table *)c->base.vtab;
    do {
        int rc = sqlite3_step(c->walk);
        if (rc == SQLITE_DONE) return end(c);
        if (rc != SQLITE_ROW) return fail(c, rc, sqlite3_mprintf("%s", sqlite3_errmsg(t->db)));
        rc = follow(c);
        if (rc != SQLITE_OK) return rc;
    } while (!sqlite3_column_int64(c->walk, WANTED));

    c->at = 0;
    int64_t count = sqlite3_column_int64(c->walk, CHUNK_COUNT);
    const void *data = sqlite3_column_blob(c->walk, CHUNK_DATA);
    int size = sqlite3_column_bytes(c->walk, CHUNK_DATA);
    char *reason = 0;
    if (count < 1 || count > MAX_COUNT) {
        reason = benchctlImpossible(count);
    } else {
        if (count > c->room) {
            benchctl_sample *grown = sqlite3_realloc64(c->samples, (uint64_t)count * sizeof *grown);
            if (!grown) return fail(c, SQLITE_NOMEM, 0);
            c->samples = grown;
            c->room = (int)count;
        }
        c->count = (int)count;
        reason = benchctlDecode((void *)data, size, c->samples, c->count);
    }
    if (!reason) return SQLITE_OK;
    char *message = sqlite3_mprintf("run %lld, thread %lld, chunk %lld: %s",
        (long long)c->run, (long long)c->thread, (long long)c->chunk, reason);
    free(reason);
    return damaged(c, message);
}

static int table_filter(sqlite3_vtab_cursor *base, int number, const char *text,
                        int argc, sqlite3_value **argv) {
    (void)text;
    cursor *c = (cursor *)base;
    table *t = (table *)base->vtab;
    sqlite3_finalize(c->walk);
    sqlite3_finalize(c->phases);
    c->walk = c->phases = 0;
    c->done = 0;
    c->met = c->counted = c->next = 0;
    c->said = -1;
    sqlite3_free(c->phase);
    c->phase = 0;

    // A value that is asked for stands among the columns, that of the run also in
    // the condition.
    char walk[1024] = WALK ", true", phases[512] = PHASES;
    for (int p = 0; p < PUSHED; p++) {
        if (!(number & 1 << p)) continue;
        strcat(walk, " and ");
        strcat(walk, pushed[p].condition);
    }
    strcat(walk, CHUNKS);
    if (number & 1 << RUN) {
        strcat(walk, " where c.run_id = ?1");
        strcat(phases, " and p.run_id = ?1");
    }
    strcat(walk, ORDER);
    int rc = sqlite3_prepare_v2(t->db, walk, -1, &c->walk, 0);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(t->db, phases, -1, &c->phases, 0);
    for (int i = 0; rc == SQLITE_OK && i < argc; i++) rc = sqlite3_bind_value(c->walk, i + 1, argv[i]);
    if (rc == SQLITE_OK && number & 1 << RUN) rc = sqlite3_bind_value(c->phases, 1, argv[0]);
    if (rc != SQLITE_OK) return fail(c, rc, sqlite3_mprintf("%s", sqlite3_errmsg(t->db)));
    return load(c);
}

static int table_next(sqlite3_vtab_cursor *base) {
    cursor *c = (cursor *)base;
    if (++c->at < c->count) return SQLITE_OK;
    return load(c);
}

static int table_eof(sqlite3_vtab_cursor *base) {
    return ((cursor *)base)->done;
}

static int table_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int column) {
    cursor *c = (cursor *)base;
    const benchctl_sample *s = &c->samples[c->at];
    switch (column) {
    case RUN: sqlite3_result_int64(context, c->run); break;
    case PHASE: sqlite3_result_text(context, c->phase, c->phase_size, (void (*)(void *))-1); break;
    case THREAD: sqlite3_result_int64(context, c->thread); break;
    case SEQ: sqlite3_result_int64(context, c->first + c->at); break;
    case OP: sqlite3_result_text(context, benchctl_op_names[s->op], -1, 0); break;
    case STATUS: sqlite3_result_text(context, benchctl_status_names[s->status], -1, 0); break;
    case INTENDED: sqlite3_result_int64(context, s->intended); break;
    case START: sqlite3_result_int64(context, s->start); break;
    case LATENCY: sqlite3_result_int64(context, s->latency); break;
    }
    return SQLITE_OK;
}

// A chunk has at most 2^16 samples, so this is unique and stays the same.
static int table_rowid(sqlite3_vtab_cursor *base, int64_t *rowid) {
    cursor *c = (cursor *)base;
    *rowid = c->chunk << 16 | c->at;
    return SQLITE_OK;
}

// Without create the table is there by itself and can be made nowhere else.
static const sqlite3_module module = {
    .connect = table_connect,
    .best_index = table_best_index,
    .disconnect = table_disconnect,
    .open = table_open,
    .close = table_close,
    .filter = table_filter,
    .next = table_next,
    .eof = table_eof,
    .column = table_column,
    .rowid = table_rowid,
};

static int load_into(sqlite3 *db, char **message, const void *api) {
    (void)message, (void)api;
    return sqlite3_create_module(db, "samples", &module, 0);
}

int benchctl_samples_register(void) {
    return sqlite3_auto_extension((void (*)(void))load_into);
}
