/* The lifetime of a communicator: its thread joins the ranks, then runs one group after the other. */
#define _GNU_SOURCE
#include "testnccl.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

ncclResult_t ncclGetVersion(int *version) {
    *version = TESTNCCL_VERSION;
    return ncclSuccess;
}

ncclResult_t ncclGetUniqueId(ncclUniqueId *id) {
    uint64_t random[2];
    if (getrandom(random, sizeof random, 0) != sizeof random) return fail(NULL, ncclSystemError, "no random numbers");
    memset(id, 0, sizeof *id);
    snprintf(id->internal, sizeof id->internal, "testnccl-%016llx%016llx", (unsigned long long)random[0], (unsigned long long)random[1]);
    return ncclSuccess;
}

void free_job(struct job *job) {
    while (job->operations != NULL) {
        struct operation *operation = job->operations;
        job->operations = operation->next;
        free(operation->scratch);
        free(operation);
    }
    free(job);
}

static struct job *next_job(ncclComm_t comm) {
    pthread_mutex_lock(&comm->lock);
    comm->busy = false;
    if (comm->jobs == NULL && atomic_load(&comm->state) == ncclInProgress) atomic_store(&comm->state, ncclSuccess);
    pthread_cond_broadcast(&comm->changed);
    while (comm->jobs == NULL && !comm->closing && !atomic_load(&comm->aborted)) pthread_cond_wait(&comm->changed, &comm->lock);
    struct job *job = atomic_load(&comm->aborted) ? NULL : comm->jobs;
    if (job != NULL) {
        comm->jobs = job->next;
        comm->busy = true;
    }
    pthread_mutex_unlock(&comm->lock);
    return job;
}

static void *run(void *argument) {
    ncclComm_t comm = argument;
    ncclResult_t result = join_mesh(comm);
    if (result == ncclSuccess) {
        struct job *job;
        while (result == ncclSuccess && (job = next_job(comm)) != NULL) {
            result = carry_out(comm, job);
            free_job(job);
        }
    }

    pthread_mutex_lock(&comm->lock);
    comm->busy = false;
    if (result != ncclSuccess && result != ncclInProgress) atomic_store(&comm->state, result);
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
    return NULL;
}

static bool is_initialised(const ncclConfig_t *config) {
    return config->size >= sizeof *config && config->magic == 0xcafebeef && config->version >= 21800 && config->version < 30000
        && (config->blocking == 0 || config->blocking == 1 || config->blocking == INT_MIN)
        && config->cgaClusterSize == INT_MIN && config->minCTAs == INT_MIN && config->maxCTAs == INT_MIN
        && config->netName == NULL && config->splitShare == INT_MIN && config->next == INT_MIN;
}

ncclResult_t ncclCommInitRankConfig(ncclComm_t *comm, int size, ncclUniqueId id, int rank, ncclConfig_t *config) {
    *comm = NULL;
    if (!is_initialised(config)) return fail(NULL, ncclInvalidArgument, "the settings are not initialised as in NCCL's header");
    if (size < 1 || rank < 0 || rank >= size) return fail(NULL, ncclInvalidArgument, "rank %d of %d", rank, size);
    if (strncmp(id.internal, "testnccl-", 9) != 0) return fail(NULL, ncclInvalidArgument, "the unique id is not of this library");

    ncclComm_t made = calloc(1, sizeof *made);
    made->rank = rank;
    made->size = size;
    made->blocking = config->blocking != 0;
    snprintf(made->name, sizeof made->name, "%.63s", id.internal);
    read_fault(made, &id);
    ncclResult_t fault = injected(made, "ncclCommInitRankConfig");
    if (fault != ncclSuccess || pipe2(made->wake, O_CLOEXEC) < 0) {
        free(made);
        return fault != ncclSuccess ? fault : fail(NULL, ncclSystemError, "no pipe");
    }
    made->listener = -1;
    made->peers = malloc((size_t)size * sizeof *made->peers);
    for (int peer = 0; peer < size; peer++) made->peers[peer] = -1;
    made->state = ncclInProgress;
    made->busy = true;
    pthread_mutex_init(&made->lock, NULL);
    pthread_cond_init(&made->changed, NULL);
    pthread_create(&made->thread, NULL, run, made);
    *comm = made;
    return submit(made, NULL);
}

/* Queues a job, if any. Waits for it if the communicator is blocking. */
ncclResult_t submit(ncclComm_t comm, struct job *job) {
    pthread_mutex_lock(&comm->lock);
    if (job != NULL) {
        struct job **end = &comm->jobs;
        while (*end != NULL) end = &(*end)->next;
        *end = job;
        atomic_store(&comm->state, ncclInProgress);
        pthread_cond_broadcast(&comm->changed);
    }
    while (comm->blocking && atomic_load(&comm->state) == ncclInProgress) pthread_cond_wait(&comm->changed, &comm->lock);
    ncclResult_t result = comm->blocking ? (ncclResult_t)atomic_load(&comm->state) : ncclInProgress;
    pthread_mutex_unlock(&comm->lock);
    return result;
}

ncclResult_t ncclCommGetAsyncError(ncclComm_t comm, ncclResult_t *state) {
    ncclResult_t fault = injected(comm, "ncclCommGetAsyncError");
    *state = (ncclResult_t)atomic_load(&comm->state);
    return fault;
}

ncclResult_t ncclCommFinalize(ncclComm_t comm) {
    ncclResult_t fault = injected(comm, "ncclCommFinalize");
    if (fault != ncclSuccess) return fault;
    if (atomic_load(&comm->state) != ncclSuccess) return fail(comm, ncclInvalidArgument, "the communicator is not ready");
    return ncclSuccess; /* nothing is in flight */
}

static void end(ncclComm_t comm, bool abort) {
    pthread_mutex_lock(&comm->lock);
    comm->closing = true;
    atomic_store(&comm->aborted, abort || atomic_load(&comm->aborted));
    pthread_cond_broadcast(&comm->changed);
    pthread_mutex_unlock(&comm->lock);
    if (abort && write(comm->wake[1], "", 1) < 0) return; /* the thread cannot be woken, so nothing is freed */
    pthread_join(comm->thread, NULL);

    while (comm->jobs != NULL) {
        struct job *job = comm->jobs;
        comm->jobs = job->next;
        free_job(job);
    }
    if (comm->listener >= 0) close(comm->listener);
    /* After an abort the other ranks are not notified, as with NCCL: the sockets stay open until the process ends. */
    for (int peer = 0; peer < comm->size && !abort; peer++) {
        if (comm->peers[peer] >= 0) close(comm->peers[peer]);
    }
    close(comm->wake[0]);
    close(comm->wake[1]);
    pthread_mutex_destroy(&comm->lock);
    pthread_cond_destroy(&comm->changed);
    free(comm->peers);
    free(comm);
}

ncclResult_t ncclCommDestroy(ncclComm_t comm) {
    if (comm != NULL) end(comm, false);
    return ncclSuccess;
}

ncclResult_t ncclCommAbort(ncclComm_t comm) {
    if (comm != NULL) end(comm, true);
    return ncclSuccess;
}
