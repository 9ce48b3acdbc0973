using Distributed.Parallel.Profiling;
using Distributed.Protocol;
using Distributed.Protocol.Identities;
using Distributed.Training.Reports;
using Distributed.Worker.Links;

namespace Distributed.Worker.Hosting;

/// <summary>Sends the events of a role to the coordinator.</summary>
internal sealed class WireEvents(ICoordinatorLink link, GroupEpoch epoch) : ITrainingEvents
{
    private double _dataSeconds;
    private string _text = "";

    public void Prepared(double seconds, string content) => (_dataSeconds, _text) = (seconds, content);

    public void Ready(long nextStep) =>
        link.Send(new WorkerEvent { Identity = epoch.At(nextStep), Ready = new Ready { DataSeconds = _dataSeconds, Text = _text } });

    public void StepCommitted(StepReport report)
    {
        var step = new StepCommitted
        {
            Loss = report.Loss,
            BalanceLoss = report.BalanceLoss,
            GradientNorm = report.GradientNorm,
            LearningRate = report.LearningRate,
            Tokens = report.Tokens,
            MaxVio = report.MaxVio,
            Seconds = report.Seconds,
            ExchangeSeconds = report.ExchangeSeconds,
            BatchSeconds = report.BatchSeconds,
            CommitSeconds = report.CommitSeconds,
        };
        step.MtpLosses.AddRange(report.MtpLosses);
        step.Metrics.AddRange(report.Metrics.ToWire());
        link.RejoinState = new RejoinState(epoch.At(report.Step), IsRoleRunning: true);
        link.Send(new WorkerEvent { Identity = epoch.At(report.Step), Step = step });
    }

    public void Evaluated(EvaluationReport report) => link.Send(new WorkerEvent
    {
        Identity = epoch.At(report.Step),
        Evaluation = report.ToWire(),
    });

    public void EvaluationOmitted(long nextStep, long found, long needed) => link.Send(new WorkerEvent
    {
        Identity = epoch.At(nextStep), EvaluationOmitted = new EvaluationOmitted { TokensFound = found, TokensNeeded = needed },
    });

    public void CheckpointSaved(CheckpointReport report) => link.Send(new WorkerEvent
    {
        Identity = epoch.At(report.Step),
        Checkpoint = new CheckpointSaved
        {
            Directory = report.Directory, Bytes = report.Bytes, Seconds = report.Seconds, HeldUpSeconds = report.HeldUpSeconds,
            NotRemoved = { report.NotRemoved },
        },
    });

    public void Profiled(ProfileReport report)
    {
        var profile = new StepsProfiled
        {
            FirstStep = report.FirstStep,
            StepsLeftOut = report.SkippedSteps,
            StepSeconds = report.StepSeconds,
            Trace = report.Trace,
            TraceSteps = report.TraceSteps,
            TraceProblem = report.TraceProblem ?? "",
        };
        profile.Phases.AddRange(report.Phases.Select(phase => new Protocol.PhaseTime
        {
            Phase = phase.Phase,
            Pass = phase.Pass == Pass.None ? "" : phase.Pass.ToString().ToLowerInvariant(),
            Seconds = phase.Seconds,
            Calls = phase.Calls,
            WaitingSeconds = phase.WaitingSeconds,
        }));
        link.Send(new WorkerEvent { Identity = epoch.At(report.LastStep), Profile = profile });
    }

    public void RecoveryPointTaken(RecoveryPointReport report) => link.Send(new WorkerEvent
    {
        Identity = epoch.At(report.Step),
        RecoveryPoint = new RecoveryPointTaken { Bytes = report.Bytes, Seconds = report.Seconds, Every = report.Every },
    });

    public void CheckpointFailed(long step, string message) =>
        link.Send(new WorkerEvent { Identity = epoch.At(step), SaveFailed = new SaveFailed { Message = message } });
}
