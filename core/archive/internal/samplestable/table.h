#ifndef BENCHCTL_SAMPLES_TABLE_H
#define BENCHCTL_SAMPLES_TABLE_H

#include <stdint.h>

// One decoded sample, laid out as sample.Sample is in Go.
typedef struct {
    int64_t intended;
    int64_t start;
    int64_t latency;
    uint8_t op;
    uint8_t status;
} benchctl_sample;

// Names of operations and statuses by number, filled before registration.
extern char *benchctl_op_names[256];
extern char *benchctl_status_names[256];

// Makes the table known to every connection that is opened from now on.
int benchctl_samples_register(void);

#endif
