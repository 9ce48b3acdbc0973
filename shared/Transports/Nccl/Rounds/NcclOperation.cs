namespace Distributed.Transports.Nccl;

/// <summary>Something that all ranks of a group do together, in the same order.</summary>
internal abstract class NcclOperation
{
    /// <summary>As errors name it.</summary>
    public abstract string Name { get; }

    /// <summary>Its place among the operations of the group. Set when it is started.</summary>
    public long Number { get; set; }

    /// <summary>Whether it is complete on this rank. Needs the session's lock.</summary>
    public bool IsDone { get; set; }

    /// <summary>What this rank found wrong with it. Needs the session's lock.</summary>
    public Exception? Failure { get; set; }

    /// <summary>The error of a wait that some ranks have not come to.</summary>
    public abstract Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing);
}

/// <summary>The first: the making of the communicator.</summary>
internal sealed class ConnectOperation : NcclOperation
{
    public override string Name => "the making of the communicator";

    public override Exception TimedOut(int rank, TimeSpan timeout, IReadOnlyList<int> missing) => new TimeoutException(
        $"Rank {rank} waited {timeout} for the communicator, and rank{(missing.Count == 1 ? "" : "s")} "
        + $"{string.Join(", ", missing)} did not connect.");
}
