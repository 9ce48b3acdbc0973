/*
 * The part of NCCL's interface that the project calls, over host memory. Ranks are threads or processes of one machine,
 * connected by Unix sockets in the abstract namespace, which leave no files behind.
 *
 * As with NCCL: operations of a group progress together. Calls on a non-blocking communicator return before they are
 * done. Lengths are not compared, so ranks that disagree hang. Other ranks do not see an abort, but see a process that
 * dies. There are no streams: a communicator is in progress until its work is done.
 */
#ifndef TESTNCCL_H
#define TESTNCCL_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifndef TESTNCCL_VERSION
#define TESTNCCL_VERSION 22703
#endif

typedef enum {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclSystemError = 2,
    ncclInternalError = 3,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclRemoteError = 6,
    ncclInProgress = 7,
} ncclResult_t;

typedef enum { ncclUint8 = 1, ncclInt64 = 4, ncclFloat32 = 7, ncclFloat64 = 8, ncclBfloat16 = 9 } ncclDataType_t;
typedef enum { ncclSum = 0, ncclMax = 2 } ncclRedOp_t;
typedef struct { char internal[128]; } ncclUniqueId;
typedef struct ncclComm *ncclComm_t;
typedef void *cudaStream_t;

/* Layout of 2.18. The field after it, which later versions read, must also stay undefined. */
typedef struct {
    size_t size;
    unsigned magic, version;
    int blocking, cgaClusterSize, minCTAs, maxCTAs;
    const char *netName;
    int splitShare, next;
} ncclConfig_t;

/* ---- internal ---- */

#pragma GCC visibility push(hidden)

enum kind { SEND, RECV, ALL_REDUCE, REDUCE_SCATTER, ALL_GATHER, BROADCAST };

/* One call, and the memory that it needs until it is done. */
struct operation {
    enum kind kind;
    const char *in;
    char *out;
    size_t count;
    ncclDataType_t type;
    ncclRedOp_t reduction;
    int peer; /* or root */
    char *scratch;
    struct operation *next;
};

/* Bytes in one direction between this rank and another. */
struct transfer {
    int peer;
    bool receives;
    char *at;
    size_t left;
    struct transfer *next;
};

/* The calls of one group on one communicator. */
struct job {
    struct operation *operations;
    struct job *next;
};

/* An injected fault: "rank function nth result", written into the unique id after its name. */
struct fault {
    int rank, nth, result, seen;
    char function[32];
};

struct ncclComm {
    int rank, size;
    bool blocking;
    char name[64];
    struct fault fault;
    int listener, wake[2];
    int *peers; /* sockets, by rank; -1 for this one */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct job *jobs;    /* under the lock: not begun yet */
    bool busy, closing;  /* under the lock */
    atomic_bool aborted;
    atomic_int state;    /* ncclResult_t */
    char text[256];
};

size_t bytes_of(ncclDataType_t type); /* 0 for an unknown type */

/* faults.c: the result that is injected into a call, and its text. */
ncclResult_t injected(ncclComm_t comm, const char *function);
void read_fault(ncclComm_t comm, const ncclUniqueId *id);
ncclResult_t fail(ncclComm_t comm, ncclResult_t result, const char *format, ...);

/* mesh.c: connects the ranks. */
ncclResult_t join_mesh(ncclComm_t comm);

/* transfers.c: runs a job until it is done, has failed or is aborted. */
ncclResult_t carry_out(ncclComm_t comm, struct job *job);

/* reduce.c: out = in 0 + in 1 + ... by element, or the maximum. */
void reduce(char *out, char *const *in, int inputs, size_t count, ncclDataType_t type, ncclRedOp_t reduction);

/* communicator.c */
ncclResult_t submit(ncclComm_t comm, struct job *job);
void free_job(struct job *job);

#pragma GCC visibility pop

#endif
