using Distributed.Coordinator.Jobs;
using Distributed.Protocol;
using Distributed.Simulation.Schedules.Clock;

namespace Distributed.Simulation.Schedules.Faults;

/// <summary>Draws the faults of a job: often several in a row, most of them while the job still handles the one before.</summary>
internal static class RandomScheduledFaults
{
    private static readonly TimeSpan Instant = TimeSpan.FromMicroseconds(100), Second = TimeSpan.FromSeconds(1);

    public static IReadOnlyList<ScheduledFault> Of(SeededRandom draw, ScheduleOptions options, TimeSpan span)
    {
        var faults = new List<ScheduledFault>();
        for (var left = draw.Of(0, 1, 2, 3, 4, 5, 6, 8, 12); left > 0; left--)
        {
            var when = Time(draw, span);
            faults.Add(One(draw, when, options));
            if (draw.Chance(250)) faults.Add(One(draw, when with { Wait = when.Wait + draw.Spread(Instant, 5 * Second) }, options));
        }

        if (draw.Chance(150)) faults.AddRange(RestartAndScaling(draw, Time(draw, span), options));
        return faults;
    }

    // Workers that the job gives back after a restart are requested again.
    private static IEnumerable<ScheduledFault> RestartAndScaling(SeededRandom draw, ScheduledFaultTime when, ScheduleOptions options)
    {
        var away = draw.Spread(Second / 16, 8 * Second);
        var fewer = when with { Wait = when.Wait + away + draw.Spread(Second / 16, 8 * Second) };
        var more = fewer with { Wait = fewer.Wait + draw.Spread(Second / 16, 16 * Second) };
        return [new CoordinatorRestarts(when, away), new JobScaled(fewer, draw.Between(1, options.Workers)),
            new JobScaled(more, options.Workers)];
    }

    /// <summary>Draws requests in one of three schedules: a checkpoint, or that workers leave, as by signals.</summary>
    public static IReadOnlyList<ScheduledFault> Requests(SeededRandom draw, ScheduleOptions options, TimeSpan span)
    {
        var requests = new List<ScheduledFault>();
        for (var left = draw.Of(0, 0, 0, 0, 1, 3); left > 0; left--)
        {
            var when = Time(draw, span);
            if (draw.Chance(300)) requests.Add(new CheckpointAsked(when));
            else
                requests.Add(new WorkersLeave(when, draw.Between(0, options.Workers + 1),
                    Count: draw.Of(1, 1, 1, 2, options.Workers, options.Workers + 2)));
        }

        return requests;
    }

    private static ScheduledFaultTime Time(SeededRandom draw, TimeSpan span)
    {
        if (draw.Chance(400)) return new ScheduledFaultTime(null, 1, draw.Time(TimeSpan.Zero, span));
        var state = draw.Of(JobState.Gathering, JobState.Planning, JobState.Running, JobState.Running, JobState.Recovering,
            JobState.Recovering, JobState.Recovering, JobState.Rescaling, JobState.Paused, JobState.Ending);
        return new ScheduledFaultTime(state, state is JobState.Running or JobState.Recovering or JobState.Planning ? draw.Between(1, 3) : 1,
            draw.Spread(Instant, 10 * Second));
    }

    private static ScheduledFault One(SeededRandom draw, ScheduledFaultTime when, ScheduleOptions options)
    {
        var victim = draw.Between(0, options.Workers + 1);
        return draw.Between(0, 99) switch
        {
            < 25 => new WorkerKilled(when, victim, Count: draw.Of(1, 1, 1, 2, 2, options.Workers)),
            < 30 => new CoordinatorRestarts(when, draw.Spread(Second / 16, 30 * Second)),
            < 40 => new WorkerFrozen(when, victim, draw.Spread(Second / 4, 60 * Second)),
            < 50 => new LinkCut(when, victim),
            < 58 => new LinkSlow(when, victim, draw.Spread(Second / 16, 8 * Second), draw.Spread(Second, 60 * Second)),
            < 70 => new RoleFails(when, victim,
                draw.Of(FailureKind.FailureTransient, FailureKind.FailureTransient, FailureKind.FailureTransient,
                    FailureKind.FailureNotFinite, FailureKind.FailureNotFinite, FailureKind.FailureFatal)),
            < 76 => new WorkerJoins(when, $"worker-{options.Workers + draw.Between(0, 3)}"),
            < 79 => new WorkerJoins(when, $"worker-{draw.Between(0, options.Workers - 1)}"), // a name in use, possibly by a live worker
            < 88 => new JobScaled(when, draw.Between(1, options.Workers + 2)),
            < 92 => new JobPaused(when),
            < 93 => new JobResumed(when),
            < 95 => new JobStopped(when, draw.Chance(600)),
            _ => new DiskFull(when, draw.Spread(Second, 60 * Second)),
        };
    }
}
