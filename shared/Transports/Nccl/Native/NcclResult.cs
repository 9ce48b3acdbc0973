namespace Distributed.Transports.Nccl;

/// <summary>What an NCCL call returns; the numbers are those of NCCL's interface.</summary>
public enum NcclResult
{
    /// <summary>Done, or put on the stream.</summary>
    Success = 0,

    /// <summary>A CUDA call failed.</summary>
    UnhandledCudaError = 1,

    /// <summary>A call to the operating system failed.</summary>
    SystemError = 2,

    /// <summary>NCCL found itself in a state that it should not be in.</summary>
    InternalError = 3,

    /// <summary>An argument is wrong.</summary>
    InvalidArgument = 4,

    /// <summary>A call does not fit those before it.</summary>
    InvalidUsage = 5,

    /// <summary>Another rank failed, or the network to it.</summary>
    RemoteError = 6,

    /// <summary>Not done yet.</summary>
    InProgress = 7,

    /// <summary>NCCL's own time limit has passed.</summary>
    Timeout = 8,
}
