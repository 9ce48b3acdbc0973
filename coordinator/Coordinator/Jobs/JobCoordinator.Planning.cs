using Distributed.Planning;
using Distributed.Planning.Placement;
using Distributed.Protocol;
using Distributed.Protocol.Faults;

namespace Distributed.Coordinator.Jobs;

// Plans an epoch: ranks, placement of experts, and the state from which the group resumes.
public sealed partial class JobCoordinator
{
    private void Plan(RankGrid grid)
    {
        ChangeState(JobState.Planning);
        var ranks = AssignRanks(grid.World);
        _precision ??= _job.Plan.Precision is Precision.Auto
            ? PrecisionChoice.Of(ranks.Select(member => member.Hello.Bf16Speedup)) : _job.Plan.Precision;
        ExecutionPlan plan;
        try
        {
            plan = ExecutionPlan.Create(_job.Plan with { Grid = grid, Precision = _precision.Value }, _placement);
        }
        catch (ArgumentException impossible)
        {
            Fail(new Failure(FailureCause.InvalidPlan) { Message = impossible.Message });
            return;
        }

        var exchange = ExchangeChoice.Of(_job.Exchange, ranks, out var problem);
        if (problem is not null)
        {
            Fail(new Failure(FailureCause.NoTransport) { Message = problem });
            return;
        }

        (_grid, _failure, _isAwaitingReplacement) = (grid, null, false);
        _slow.Clear();
        _epoch = _epoch with { Epoch = _epoch.Epoch + 1 };
        var (start, first) = ChooseStart(ranks);
        if (TryStore(RecordedState.Running, ranks) is { } unstored) // before the epoch is used
        {
            Fail(new Failure(FailureCause.StateNotStored) { Message = unstored });
            return;
        }

        Notify(new PlanMade(plan, [.. ranks.Select(member => member.Id.Name)]));
        foreach (var member in ranks) member.Link.Send(Assignment(plan, ranks, member, start, first, exchange));
        SetDeadline(_options.SilenceTimeout);
        ChangeState(JobState.Running);
        if (_isReleasing) Release();
        DismissLeaving();
        PrepareSpares();
        AskToSave();
        if (_stop is { } stop) BeginEnding(stop.Save);
        else if (_shortage is not null) BeginEnding(save: true);
        else if (_isPausing) Regroup("paused", StopSaving);
        else AdjustSize("the number of workers has changed");
    }

    private (Start Start, long FirstStep) ChooseStart(List<Member> ranks)
    {
        var (start, first, from) = (new Start { Fresh = new FreshStart() }, 0L, "the beginning");
        var held = HeldRecoveryPoints.Newest(ranks);
        if (held is null || held.Step < _checkpoint?.Step) FindCheckpoint();
        if (_checkpoint is { } checkpoint)
            (start, first, from) = (new Start { Resume = new Resume { Checkpoint = checkpoint.Directory } }, checkpoint.Step,
                checkpoint.Directory);
        if (held is { } recover && recover.Step >= first)
            (start, first, from) = (new Start { Recover = recover }, recover.Step, $"the recovery point of step {recover.Step}");
        _step = Math.Max(_step, first); // the state may include steps whose commit was never reported
        _furthest = Math.Max(_furthest, _step);
        if (_epoch.Epoch > 1)
        {
            LogEpoch(_logger, _job.Id.Value, _epoch.Epoch, ranks.Count, from);
            var isLost = first < _safe || (!_isSafeKnown && start.Recover is null);
            var (replayed, lost) = isLost ? (0L, _step - first) : (_step - first, 0L);
            Notify(new EpochBegan(_epoch.Epoch, ranks.Count, first, replayed, lost, from));
        }

        (_step, _point, _safe, _isSafeKnown) = (first, first, first, true);
        return (start, first);
    }

    // A rank may have saved a later checkpoint and deleted the known one without reporting it: it was lost, or no coordinator was running.
    private void FindCheckpoint()
    {
        if (_checkpoint is not { } known || _checkpoints?.FindLatestInSameFolder(known.Directory, _job.Run) is not { } latest) return;
        // A later checkpoint that this job has not reached belongs to an earlier run: the user deliberately resumed from an earlier
        // checkpoint.
        var isOfThisJob = latest.Step > known.Step && (_job.Record is not null || latest.Step <= _furthest);
        if (!isOfThisJob && _checkpoints.Exists(known.Directory)) return;
        LogCheckpoint(_logger, _job.Id.Value, known.Directory, latest.Folder);
        _checkpoint = (latest.Folder, latest.Step);
    }

    private WorkerCommand Assignment(ExecutionPlan plan, List<Member> ranks, Member member, Start start, long first, Exchange? exchange)
    {
        var assign = new AssignPlan
        {
            Rank = member.Rank,
            World = plan.World,
            Replicas = plan.Grid.Replicas,
            JobJson = _job.JobJson,
            Precision = _job.Plan.Precision is not Precision.Auto
                ? ComputePrecision.OfJob : plan.Precision is Precision.Bf16 ? ComputePrecision.Bf16 : ComputePrecision.Fp32,
            Start = start,
            ProfileSteps = _job.ProfileSteps,
            Exchange = exchange,
            Run = _job.Run,
        };
        if (_job.Recovery is { } recovery)
            assign.Recovery = new RecoveryPlan
            {
                Every = recovery.Every, Share = recovery.Share, BuddyShift = Buddies.Shift([.. ranks.Select(each => each.Hello.Host)])
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

        assign.Faults.AddRange(FaultOrders.For(_job.Faults, member.Id.Name, committed: _furthest));
        assign.Members.AddRange(ranks.Select(each => each.Id.ToWire()));
        return new WorkerCommand { Identity = _epoch.At(first), Assign = assign };
    }
}
