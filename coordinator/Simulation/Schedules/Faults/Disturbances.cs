namespace Distributed.Simulation.Schedules.Faults;

/// <summary>What was done to a job, as far as that excuses how it ends.</summary>
internal sealed class Disturbances
{
    /// <summary>Anything at all.</summary>
    public bool Any { get; set; }

    /// <summary>Workers that were asked for last; null where nobody has.</summary>
    public int? Wanted { get; set; }

    /// <summary>A pause was asked for, and not to go on since.</summary>
    public bool PauseAsked { get; set; }

    /// <summary>A pause was asked for of a job that can go on afterwards, and it is not paused yet.</summary>
    public bool PauseIsWanted { get; set; }

    /// <summary>Stops that were asked for, by whether they save.</summary>
    public List<bool> Stops { get; } = [];

    /// <summary>A rank had an error that would come again.</summary>
    public bool Fatal { get; set; }

    /// <summary>A checkpoint found no room.</summary>
    public bool DiskWasFull { get; set; }
}
