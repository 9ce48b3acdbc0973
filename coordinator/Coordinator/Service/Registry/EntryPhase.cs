using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Service.Registry;

/// <summary>What the registry does with a job. The state of the job (<see cref="JobState"/>) is what its state machine reports.</summary>
internal enum EntryPhase
{
    /// <summary>The job ran when an earlier coordinator ended, or runs on for the next one: its workers may still be running.</summary>
    Reclaimable,

    /// <summary>The job waits for workers.</summary>
    Waiting,

    /// <summary>Workers are reserved, and the job's state machine is being created.</summary>
    Starting,

    /// <summary>The job has a state machine, until the end of its run is on disk.</summary>
    Running,

    /// <summary>The job was stopped while it waited, and its end is being written.</summary>
    Stopping,

    /// <summary>The end of the job is on disk.</summary>
    Ended,
}
