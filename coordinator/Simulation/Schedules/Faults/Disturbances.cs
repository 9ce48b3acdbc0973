namespace Distributed.Simulation.Schedules.Faults;

/// <summary>What was done to a job, as far as that excuses how it ends.</summary>
internal sealed class Disturbances
{
    /// <summary>Anything at all.</summary>
    public bool Any { get; set; }

    /// <summary>Workers that were asked for last; null where nobody has.</summary>
    public int? Wanted { get; set; }

    /// <summary>A pause was asked for of a job that can go on afterwards, and it is not paused yet.</summary>
    public bool PauseIsWanted { get; set; }

    /// <summary>Stops that were asked for, by whether they save.</summary>
    public List<bool> Stops { get; } = [];

    /// <summary>Whether anybody ever asked for a stop.</summary>
    public bool WasStopped { get; private set; }

    /// <summary>A coordinator that begins anew knows nothing of requests but what was kept.</summary>
    public void Forget(int? wanted)
    {
        WasStopped |= Stops.Count > 0;
        Stops.Clear();
        (Wanted, PauseIsWanted) = (wanted, false);
    }

    /// <summary>A rank had an error that would come again.</summary>
    public bool Fatal { get; set; }

    /// <summary>A checkpoint found no room.</summary>
    public bool DiskWasFull { get; set; }
}
