using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Clock;

namespace Distributed.Simulation.Faults;

/// <summary>Draws the faults of a job: often several in a row, most of them while the job still handles the one before.</summary>
internal static class RandomScheduledFaults
{
    private static readonly TimeSpan Instant = TimeSpan.FromMicroseconds(100), Second = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<ScheduledFault> Of(SeededRandom random, ScheduleOptions options, TimeSpan span)
    {
        var faults = new List<ScheduledFault>();
        for (var left = random.Choose(0, 1, 2, 3, 4, 5, 6, 8, 12); left > 0; left--)
        {
            var when = DrawTime(random, span);
            faults.Add(DrawFault(random, when, options));
            if (random.NextChance(250))
                faults.Add(DrawFault(random, when with { Wait = when.Wait + random.NextLogUniform(Instant, 5 * Second) }, options));
        }

        if (random.NextChance(150)) faults.AddRange(RestartAndScaling(random, DrawTime(random, span), options));
        return faults;
    }

    // Workers that the job gives back after a restart are requested again.
    private static IEnumerable<ScheduledFault> RestartAndScaling(SeededRandom random, ScheduledFaultTime when, ScheduleOptions options)
    {
        var away = random.NextLogUniform(Second / 16, 8 * Second);
        var fewer = when with { Wait = when.Wait + away + random.NextLogUniform(Second / 16, 8 * Second) };
        var more = fewer with { Wait = fewer.Wait + random.NextLogUniform(Second / 16, 16 * Second) };
        return [new CoordinatorRestarts(when, away), new JobScaled(fewer, random.NextInRange(1, options.Workers)),
            new JobScaled(more, options.Workers)];
    }

    /// <summary>In one of three schedules, draws requests: for a checkpoint, or for workers to leave.</summary>
    public static IReadOnlyList<ScheduledFault> Requests(SeededRandom random, ScheduleOptions options, TimeSpan span)
    {
        var requests = new List<ScheduledFault>();
        for (var left = random.Choose(0, 0, 0, 0, 1, 3); left > 0; left--)
        {
            var when = DrawTime(random, span);
            if (random.NextChance(300)) requests.Add(new CheckpointAsked(when));
            else
                requests.Add(new WorkersLeave(when, random.NextInRange(0, options.Workers + 1),
                    Count: random.Choose(1, 1, 1, 2, options.Workers, options.Workers + 2)));
        }

        return requests;
    }

    private static ScheduledFaultTime DrawTime(SeededRandom random, TimeSpan span)
    {
        if (random.NextChance(400)) return new ScheduledFaultTime(null, 1, random.NextDuration(TimeSpan.Zero, span));
        var state = random.Choose(JobState.Gathering, JobState.Planning, JobState.Running, JobState.Running, JobState.Recovering,
            JobState.Recovering, JobState.Recovering, JobState.Rescaling, JobState.Paused, JobState.Ending);
        return new ScheduledFaultTime(state,
            state is JobState.Running or JobState.Recovering or JobState.Planning ? random.NextInRange(1, 3) : 1,
            random.NextLogUniform(Instant, 10 * Second));
    }

    private static ScheduledFault DrawFault(SeededRandom random, ScheduledFaultTime when, ScheduleOptions options)
    {
        var victim = random.NextInRange(0, options.Workers + 1);
        return random.NextInRange(0, 99) switch
        {
            < 25 => new WorkerKilled(when, victim, Count: random.Choose(1, 1, 1, 2, 2, options.Workers)),
            < 30 => new CoordinatorRestarts(when, random.NextLogUniform(Second / 16, 30 * Second)),
            < 40 => new WorkerFrozen(when, victim, random.NextLogUniform(Second / 4, 60 * Second)),
            < 50 => new LinkCut(when, victim),
            < 58 => new LinkSlow(when, victim, random.NextLogUniform(Second / 16, 8 * Second), random.NextLogUniform(Second, 60 * Second)),
            < 70 => new RoleFails(when, victim,
                random.Choose(FailureKind.FailureTransient, FailureKind.FailureTransient, FailureKind.FailureTransient,
                    FailureKind.FailureNotFinite, FailureKind.FailureNotFinite, FailureKind.FailureFatal)),
            < 76 => new WorkerJoins(when, $"worker-{options.Workers + random.NextInRange(0, 3)}"),
            // a name in use, possibly by a live worker
            < 79 => new WorkerJoins(when, $"worker-{random.NextInRange(0, options.Workers - 1)}"),
            < 88 => new JobScaled(when, random.NextInRange(1, options.Workers + 2)),
            < 92 => new JobPaused(when),
            < 93 => new JobResumed(when),
            < 95 => new JobStopped(when, random.NextChance(600)),
            _ => new DiskFull(when, random.NextLogUniform(Second, 60 * Second)),
        };
    }
}
