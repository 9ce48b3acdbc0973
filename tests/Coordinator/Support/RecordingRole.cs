using System.Collections.Concurrent;
using Distributed.Training.Reports;
using Distributed.Worker.Roles;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>A role that records its steps in a ledger instead of training.</summary>
internal sealed class RecordingRole(ConcurrentBag<RecordingRole.Entry> ledger, Action<RoleAssignment, long, StopSignal> onStep) : IRole
{
    public sealed record Entry(int Rank, long Step, int Experts);

    public RoleOutcome Run(RoleAssignment assignment, ITrainingEvents events, StopSignal stop)
    {
        events.Ready(assignment.FirstStep);
        for (var step = assignment.FirstStep; step < assignment.Job.Training.Steps; step++)
        {
            if (stop.AfterStep.IsCancellationRequested) return RoleOutcome.Stopped;
            onStep(assignment, step, stop);
            ledger.Add(new Entry(assignment.Rank, step, assignment.Trainer.Placement[1][assignment.Rank].Length));
            events.StepCommitted(new StepReport
            {
                Step = step + 1, Loss = 1, MtpLosses = [], BalanceLoss = 1, GradientNorm = 1, LearningRate = 1, Tokens = 1, MaxVio = 0,
                Seconds = 1, ExchangeSeconds = 0,
            });
        }

        return RoleOutcome.Completed;
    }
}
