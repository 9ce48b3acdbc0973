/* The calls that move data, and their groups. A group belongs to the thread that opened it. */
#include "testnccl.h"

#include <stdlib.h>

struct entry { /* the calls of the open group on one communicator */
    ncclComm_t comm;
    struct job *job;
    struct entry *next;
};

static _Thread_local int depth;
static _Thread_local ncclResult_t group_error;
static _Thread_local struct entry *entries;

static struct job *job_of(ncclComm_t comm) {
    for (struct entry *entry = entries; entry != NULL; entry = entry->next)
        if (entry->comm == comm) return entry->job;
    struct entry *entry = malloc(sizeof *entry);
    *entry = (struct entry){comm, calloc(1, sizeof *entry->job), entries};
    entries = entry;
    return entry->job;
}

static ncclResult_t close_group(void) {
    ncclResult_t result = group_error;
    while (entries != NULL) {
        struct entry *entry = entries;
        entries = entry->next;
        if (group_error != ncclSuccess) {
            free_job(entry->job);
        } else {
            ncclResult_t submitted = submit(entry->comm, entry->job);
            if (submitted != ncclSuccess) result = submitted;
        }
        free(entry);
    }
    group_error = ncclSuccess;
    return result;
}

ncclResult_t ncclGroupStart(void) {
    depth++;
    return ncclSuccess;
}

ncclResult_t ncclGroupEnd(void) {
    if (depth == 0) return fail(NULL, ncclInvalidUsage, "no group is open");
    if (--depth > 0) return ncclSuccess;
    ncclResult_t fault = entries != NULL ? injected(entries->comm, "ncclGroupEnd") : ncclSuccess;
    if (group_error == ncclSuccess) group_error = fault;
    return close_group();
}

static ncclResult_t add(const char *function, ncclComm_t comm, struct operation operation) {
    if (comm == NULL) return fail(NULL, ncclInvalidArgument, "%s: no communicator", function);
    ncclResult_t result = injected(comm, function);
    if (result == ncclSuccess && atomic_load(&comm->state) != ncclSuccess)
        result = fail(comm, ncclInvalidArgument, "%s: the communicator is not ready", function);
    if (result == ncclSuccess && (operation.peer < 0 || operation.peer >= comm->size || bytes_of(operation.type) == 0
                                  || (operation.reduction != ncclSum && operation.reduction != ncclMax)))
        result = fail(comm, ncclInvalidArgument, "%s: an argument is out of range", function);
    if (result != ncclSuccess) {
        if (depth > 0) group_error = result;
        return result;
    }

    struct operation **end = &job_of(comm)->operations;
    while (*end != NULL) end = &(*end)->next;
    *end = malloc(sizeof operation);
    **end = operation;
    return depth > 0 ? ncclSuccess : close_group();
}

ncclResult_t ncclSend(const void *buffer, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclSend", comm, (struct operation){SEND, buffer, NULL, count, type, ncclSum, peer, NULL, NULL});
}

#ifndef TESTNCCL_WITHOUT_RECV
ncclResult_t ncclRecv(void *buffer, size_t count, ncclDataType_t type, int peer, ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclRecv", comm, (struct operation){RECV, NULL, buffer, count, type, ncclSum, peer, NULL, NULL});
}
#endif

ncclResult_t ncclAllReduce(const void *in, void *out, size_t count, ncclDataType_t type, ncclRedOp_t reduction,
    ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclAllReduce", comm, (struct operation){ALL_REDUCE, in, out, count, type, reduction, 0, NULL, NULL});
}

ncclResult_t ncclReduceScatter(const void *in, void *out, size_t count, ncclDataType_t type, ncclRedOp_t reduction,
    ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclReduceScatter", comm, (struct operation){REDUCE_SCATTER, in, out, count, type, reduction, 0, NULL, NULL});
}

ncclResult_t ncclAllGather(const void *in, void *out, size_t count, ncclDataType_t type, ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclAllGather", comm, (struct operation){ALL_GATHER, in, out, count, type, ncclSum, 0, NULL, NULL});
}

ncclResult_t ncclBroadcast(const void *in, void *out, size_t count, ncclDataType_t type, int root, ncclComm_t comm, cudaStream_t stream) {
    (void)stream;
    return add("ncclBroadcast", comm, (struct operation){BROADCAST, in, out, count, type, ncclSum, root, NULL, NULL});
}
