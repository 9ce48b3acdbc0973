/*
 * The part of NCCL's interface that the project calls, over host memory. Ranks are threads or processes of one machine
 * and are joined by Unix sockets in the abstract namespace, which leave nothing behind on any disk.
 *
 * As with NCCL: operations of a group progress together; calls on a communicator that is not blocking return before
 * they are done; lengths are not compared, so ranks that disagree wait for ever; an abort is not seen by other ranks,
 * while a process that dies is. There are no streams: a communicator is in progress until what was asked of it is done.
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

/* As of 2.18; the field behind it, which later versions read, must be left undefined too. */
typedef struct {
    size_t size;
    unsigned magic, version;
    int blocking, cgaClusterSize, minCTAs, maxCTAs;
    const char *netName;
    int splitShare, next;
} ncclConfig_t;

/* ---- inside ---- */

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

/* Bytes that go one way between this rank and another. */
struct transfer {
    int peer;
    bool receives;
    char *at;
    size_t left;
    struct transfer *next;
};

/* What one group asks of one communicator. */
struct job {
    struct operation *operations;
    struct job *next;
};

/* "rank function nth result", written into the unique id behind its name. */
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

size_t bytes_of(ncclDataType_t type); /* 0 for one that is not known */

/* faults.c: the result that this call is to have, and its text. */
ncclResult_t injected(ncclComm_t comm, const char *function);
void read_fault(ncclComm_t comm, const ncclUniqueId *id);
ncclResult_t fail(ncclComm_t comm, ncclResult_t result, const char *format, ...);

/* mesh.c: joins the ranks. */
ncclResult_t join_mesh(ncclComm_t comm);

/* transfers.c: carries a job out, until it is done, has failed or is aborted. */
ncclResult_t carry_out(ncclComm_t comm, struct job *job);

/* reduce.c: out = in 0 + in 1 + ... by elements, or their largest. */
void reduce(char *out, char *const *in, int inputs, size_t count, ncclDataType_t type, ncclRedOp_t reduction);

/* communicator.c */
ncclResult_t submit(ncclComm_t comm, struct job *job);
void free_job(struct job *job);

#pragma GCC visibility pop

#endif
