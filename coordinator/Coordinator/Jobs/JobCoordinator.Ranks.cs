using Distributed.Planning;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Jobs;

// The ranks of a running job: what they are told, what they report, and how they end together.
public sealed partial class JobCoordinator
{
    private WorkerCommand Assignment(ExecutionPlan plan, Member member, Exchange? exchange)
    {
        var assign = new AssignPlan
        {
            Rank = member.Rank,
            World = plan.World,
            JobJson = _job.JobJson,
            Start = _job.Checkpoint is { } checkpoint
                ? new Start { Resume = new Resume { Checkpoint = checkpoint } }
                : new Start { Fresh = new FreshStart() },
            ProfileSteps = _job.ProfileSteps,
            Exchange = exchange,
        };
        foreach (var layer in plan.Experts.Layers)
        {
            var placement = new LayerPlacement { Layer = layer };
            for (var rank = 0; rank < plan.World; rank++)
            {
                var share = new RankExperts();
                share.Experts.AddRange(plan.ExpertsOn(layer, rank));
                placement.Ranks.Add(share);
            }

            assign.Placement.Add(placement);
        }

        assign.Faults.AddRange(FaultOrders.For(_job.Faults, member.Id.Name, committed: _job.FirstStep));
        assign.Members.AddRange(_members.Select(each => each.Id.ToWire()));
        return new WorkerCommand { Identity = _epoch.At(_job.FirstStep), Assign = assign };
    }

    // Running or Ending; of this epoch; of a member that has not ended.
    private void OnReport(Member member, WorkerEvent message)
    {
        if (_state == JobState.Running) Arm(_options.SilenceTimeout);
        _observer.On(new RankReported(member.Rank, message));
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Step:
                _step = Math.Max(_step, message.Identity.Step);
                break;
            case WorkerEvent.EventOneofCase.Finished:
                member.Stopped = message.Finished.Stopped;
                OnRankEnded(member, failure: null);
                break;
            case WorkerEvent.EventOneofCase.Failed:
                var failed = message.Failed;
                // Where all ranks failed together, their message names the rank already.
                var reason = failed.Message.StartsWith("rank ", StringComparison.Ordinal) ? failed.Message : $"rank {member.Rank}: {failed.Message}";
                OnRankEnded(member, new Failure(
                    reason, failed.Consequence ? failed.Culprit : member.Rank, failed.Detail, failed.Consequence));
                break;
            default: break; // Ready, evaluations and checkpoints concern only whoever watches; unknown events come from a newer worker
        }
    }

    private void OnRankEnded(Member member, Failure? failure)
    {
        member.Ended = true;
        if (failure is not null)
        {
            LogFailure(_logger, _job.Id.Value, failure.Culprit, failure.Reason);
            var first = _failure is null;
            _failure = Failure.Better(_failure, failure);
            if (first && _state == JobState.Ending) TellRestToStop(save: false);
        }

        if (_state == JobState.Running) BeginEnding(save: false);
        else if (_members.TrueForAll(each => each.Ended)) Settle();
    }

    private void BeginEnding(bool save)
    {
        Arm(_options.EndTimeout);
        Move(JobState.Ending);
        if (_failure is not null || _stopReason is not null) TellRestToStop(save);
        if (_members.TrueForAll(each => each.Ended)) Settle();
    }

    private void TellRestToStop(bool save)
    {
        var stop = new StopJob { Save = save, Reason = _failure?.Reason ?? _stopReason };
        foreach (var member in _members.Where(each => !each.Ended))
            member.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), Stop = stop });
    }

    private void Settle()
    {
        if (_failure is not null) End(JobState.Failed, _failure.Reason, _failure);
        else if (_members.Exists(member => member.Stopped)) End(JobState.Stopped, _stopReason ?? "a worker was stopped");
        else End(JobState.Completed, $"all {_job.Plan.Steps} steps are done");
    }
}
