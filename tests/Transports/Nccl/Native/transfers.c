/* Runs the operations of a group: all their bytes progress together, then the results are computed. */
#define _GNU_SOURCE
#include "testnccl.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct queues {
    struct transfer *out, *in; /* by order of the calls, for each peer */
};

static void push(struct transfer **end, int peer, bool receives, char *at, size_t bytes) {
    while (*end != NULL) end = &(*end)->next;
    struct transfer *transfer = malloc(sizeof *transfer);
    *transfer = (struct transfer){peer, receives, at, bytes, NULL};
    *end = transfer;
}

static void send_to(struct queues *queues, int peer, const char *from, size_t bytes) {
    push(&queues[peer].out, peer, false, (char *)from, bytes);
}

static void receive_from(struct queues *queues, int peer, char *to, size_t bytes) { push(&queues[peer].in, peer, true, to, bytes); }

/* Queues the transfers of an operation. Collectives send everything to all ranks and receive into scratch memory. */
static void plan(ncclComm_t comm, struct operation *operation, struct queues *queues) {
    size_t bytes = operation->count * bytes_of(operation->type);
    if (operation->kind == SEND) send_to(queues, operation->peer, operation->in, bytes);
    if (operation->kind == RECV) receive_from(queues, operation->peer, operation->out, bytes);
    if (operation->kind < ALL_REDUCE) return;

    operation->scratch = malloc(bytes * (size_t)comm->size + 1);
    for (int peer = 0; peer < comm->size; peer++) {
        char *slot = operation->scratch + (size_t)peer * bytes;
        const char *from = operation->in + (operation->kind == REDUCE_SCATTER ? (size_t)peer * bytes : 0);
        if (peer == comm->rank) {
            if (operation->kind != BROADCAST || comm->rank == operation->peer) memcpy(slot, from, bytes);
            continue;
        }
        if (operation->kind != BROADCAST || comm->rank == operation->peer) send_to(queues, peer, from, bytes);
        if (operation->kind != BROADCAST || peer == operation->peer) receive_from(queues, peer, slot, bytes);
    }
}

static void compute(ncclComm_t comm, struct operation *operation) {
    size_t bytes = operation->count * bytes_of(operation->type);
    if (operation->kind == ALL_GATHER) memcpy(operation->out, operation->scratch, bytes * (size_t)comm->size);
    if (operation->kind == BROADCAST) memcpy(operation->out, operation->scratch + (size_t)operation->peer * bytes, bytes);
    if (operation->kind != ALL_REDUCE && operation->kind != REDUCE_SCATTER) return;

    char **slots = malloc((size_t)comm->size * sizeof *slots);
    for (int rank = 0; rank < comm->size; rank++) slots[rank] = operation->scratch + (size_t)rank * bytes;
    reduce(operation->out, slots, comm->size, operation->count, operation->type, operation->reduction);
    free(slots);
}

static void pop(struct transfer **first) {
    struct transfer *done = *first;
    *first = done->next;
    free(done);
}

/* Moves the bytes that can be moved now. Returns ncclInProgress if there are more. */
static ncclResult_t pump(ncclComm_t comm, struct transfer **first, int end) {
    while (*first != NULL) {
        struct transfer *transfer = *first;
        if (transfer->left == 0) {
            pop(first);
            continue;
        }
        ssize_t moved = transfer->receives
            ? recv(end, transfer->at, transfer->left, MSG_DONTWAIT)
            : send(end, transfer->at, transfer->left, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (moved > 0) {
            transfer->at += moved;
            transfer->left -= (size_t)moved;
        } else if (moved < 0 && (errno == EAGAIN || errno == EINTR)) {
            return ncclInProgress;
        } else {
            return fail(comm, ncclRemoteError, "the connection to rank %d has ended", transfer->peer);
        }
    }
    return ncclSuccess;
}

/* Copies what a rank sends to itself to what it receives from itself. */
static void pump_self(struct queues *own) {
    while (own->out != NULL && own->in != NULL) {
        size_t bytes = own->out->left < own->in->left ? own->out->left : own->in->left;
        memmove(own->in->at, own->out->at, bytes);
        pop(&own->out);
        pop(&own->in);
    }
}

static ncclResult_t pump_all(ncclComm_t comm, struct queues *queues, struct pollfd *waits) {
    while (!atomic_load(&comm->aborted)) {
        bool more = false;
        for (int peer = 0; peer < comm->size; peer++) {
            waits[peer].fd = -1;
            if (peer == comm->rank) continue;
            ncclResult_t out = pump(comm, &queues[peer].out, comm->peers[peer]);
            ncclResult_t in = pump(comm, &queues[peer].in, comm->peers[peer]);
            if (in != ncclSuccess && in != ncclInProgress) return in;
            if (out != ncclSuccess && out != ncclInProgress) return out;
            if (out == ncclSuccess && in == ncclSuccess) continue;
            waits[peer].fd = comm->peers[peer];
            waits[peer].events = (short)((out == ncclInProgress ? POLLOUT : 0) | (in == ncclInProgress ? POLLIN : 0));
            more = true;
        }
        pump_self(&queues[comm->rank]);
        if (!more && queues[comm->rank].out == NULL && queues[comm->rank].in == NULL) return ncclSuccess;
        waits[comm->size] = (struct pollfd){comm->wake[0], POLLIN, 0};
        poll(waits, (nfds_t)comm->size + 1, -1);
    }
    return ncclInProgress;
}

ncclResult_t carry_out(ncclComm_t comm, struct job *job) {
    ncclResult_t result = injected(comm, "async");
    if (result != ncclSuccess) return result;

    struct queues *queues = calloc((size_t)comm->size, sizeof *queues);
    struct pollfd *waits = calloc((size_t)comm->size + 1, sizeof *waits);
    for (struct operation *operation = job->operations; operation != NULL; operation = operation->next) plan(comm, operation, queues);
    result = pump_all(comm, queues, waits);
    for (struct operation *operation = job->operations; operation != NULL && result == ncclSuccess; operation = operation->next)
        compute(comm, operation);
    for (int peer = 0; peer < comm->size; peer++) {
        while (queues[peer].out != NULL) pop(&queues[peer].out);
        while (queues[peer].in != NULL) pop(&queues[peer].in);
    }
    free(waits);
    free(queues);
    return result;
}
