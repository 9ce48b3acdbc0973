namespace Distributed.Transports.Nccl;

/// <summary>An operation that all ranks of a group run together, in the same order.</summary>
internal abstract class NcclOperation
{
    /// <summary>Name of the operation in errors.</summary>
    public abstract string Name { get; }

    /// <summary>Sequence number among the operations of the group, from 0. Set when the operation is started.</summary>
    public long Number { get; set; }

    /// <summary>Whether the operation is complete on this rank. Needs the session's lock.</summary>
    public bool IsDone { get; set; }

    /// <summary>Error that this rank found in the operation; null if there is none. Needs the session's lock.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Creates the error of a wait for ranks that have not started the operation.</summary>
    public abstract Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing);
}

/// <summary>The first operation of a session: the creation of the communicator.</summary>
internal sealed class ConnectOperation : NcclOperation
{
    public override string Name => "the creation of the communicator";

    public override Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing) => new TimeoutException(
        $"Rank {rank} waited {timeout} for the communicator, and rank{(missing.Count == 1 ? "" : "s")} "
        + $"{string.Join(", ", missing)} did not connect.");
}
