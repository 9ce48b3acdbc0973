/* Connects every two ranks of a communicator with a socket. The higher rank connects to the lower one and sends its rank. */
#define _GNU_SOURCE
#include "testnccl.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

struct hello { int rank, size; };

static socklen_t address_of(struct sockaddr_un *address, ncclComm_t comm, int rank) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    int length = snprintf(address->sun_path + 1, sizeof address->sun_path - 1, "%s-%d", comm->name, rank);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)length);
}

/* Waits for the socket, at most the given time. Returns false if the communicator is aborted. */
static bool pause_for(ncclComm_t comm, int socket, int milliseconds) {
    struct pollfd waits[2] = {{comm->wake[0], POLLIN, 0}, {socket, POLLIN, 0}};
    poll(waits, socket < 0 ? 1 : 2, milliseconds);
    return !atomic_load(&comm->aborted);
}

static ncclResult_t call_rank(ncclComm_t comm, int peer) {
    struct sockaddr_un address;
    socklen_t length = address_of(&address, comm, peer);
    int end = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (end < 0) return fail(comm, ncclSystemError, "socket: %s", strerror(errno));
    comm->peers[peer] = end;
    while (connect(end, (struct sockaddr *)&address, length) < 0) {
        if (errno != ECONNREFUSED && errno != EAGAIN && errno != EINTR)
            return fail(comm, ncclSystemError, "connect to rank %d: %s", peer, strerror(errno));
        if (!pause_for(comm, -1, 1)) return ncclInProgress;
    }
    struct hello hello = {comm->rank, comm->size};
    return send(end, &hello, sizeof hello, MSG_NOSIGNAL) == sizeof hello
        ? ncclSuccess
        : fail(comm, ncclRemoteError, "rank %d hung up", peer);
}

static ncclResult_t answer(ncclComm_t comm) {
    int end;
    while ((end = accept4(comm->listener, NULL, NULL, SOCK_CLOEXEC)) < 0) {
        if (errno != EAGAIN && errno != EINTR) return fail(comm, ncclSystemError, "accept: %s", strerror(errno));
        if (!pause_for(comm, comm->listener, -1)) return ncclInProgress;
    }
    struct hello hello;
    struct timeval patience = {5, 0};
    setsockopt(end, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    bool known = recv(end, &hello, sizeof hello, MSG_WAITALL) == sizeof hello && hello.size == comm->size
        && hello.rank > comm->rank && hello.rank < comm->size && comm->peers[hello.rank] < 0;
    if (!known) {
        close(end);
        return fail(comm, ncclInvalidArgument, "a rank connected that does not belong to this communicator, or connected twice");
    }
    comm->peers[hello.rank] = end;
    return ncclSuccess;
}

ncclResult_t join_mesh(ncclComm_t comm) {
    struct sockaddr_un address;
    socklen_t length = address_of(&address, comm, comm->rank);
    comm->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (comm->listener < 0 || bind(comm->listener, (struct sockaddr *)&address, length) < 0 || listen(comm->listener, comm->size) < 0)
        return fail(comm, ncclSystemError, "rank %d of %s: %s", comm->rank, comm->name, strerror(errno));

    ncclResult_t result = ncclSuccess;
    for (int peer = 0; peer < comm->rank && result == ncclSuccess; peer++) result = call_rank(comm, peer);
    for (int peer = comm->rank + 1; peer < comm->size && result == ncclSuccess; peer++) result = answer(comm);
    return result;
}
