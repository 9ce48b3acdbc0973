namespace Distributed.Simulation.Faults;

/// <summary>The faults and requests that a job received, which determine how it may end.</summary>
internal sealed class Disturbances
{
    /// <summary>Whether any fault was injected.</summary>
    public bool HasFault { get; set; }

    /// <summary>The number of workers that was requested last; null if none was.</summary>
    public int? Wanted { get; set; }

    /// <summary>Whether a pause was requested, and no resumption since.</summary>
    public bool PauseAsked { get; set; }

    /// <summary>Whether a pause was requested of a job that can recover, and the job is not paused yet.</summary>
    public bool IsPausePending { get; set; }

    /// <summary>The requested stops; true for a stop with a checkpoint.</summary>
    public List<bool> Stops { get; } = [];

    /// <summary>Whether a rank failed with an error that a retry does not fix.</summary>
    public bool HasFatalFailure { get; set; }

    /// <summary>Whether a checkpoint failed because the disk was full.</summary>
    public bool DiskWasFull { get; set; }
}
