using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// Reports of the ranks, and how the ranks end together.
public sealed partial class JobCoordinator
{
    private (string Worker, string Content)? _text; // of the first rank that is ready

    private static void StopAtOnce(StopJob stop) { }

    private static void StopSaving(StopJob stop) => stop.Save = true;

    private static void StopLeaving(StopJob stop) => stop.Leave = true;

    // Running, Recovering, Rescaling or Ending. The event is of the current epoch, and the member has not ended.
    private void OnReport(Member member, WorkerEvent message)
    {
        if (_state == JobState.Running && !_isAwaitingReturns) SetDeadline(_options.SilenceTimeout);
        Notify(new RankReported(member.Rank, message));
        switch (message.EventCase)
        {
            case WorkerEvent.EventOneofCase.Step:
                _step = Math.Max(_step, message.Identity.Step);
                _furthest = Math.Max(_furthest, _step);
                // The commit of this step confirms that every rank has the recovery point.
                if (_point > _safe && _point < _step) (_safe, _isSafeKnown) = (_point, true);
                if (_slow.Add(member.Rank, message.Step) is var (phase, factor))
                    Notify(new WorkerSlow(member.Rank, member.Id.Name, phase, factor, _step));
                if (_state == JobState.Running) AdjustSize("more workers have joined");
                break;
            case WorkerEvent.EventOneofCase.Ready:
                CompareText(member, message.Ready.Text);
                break;
            case WorkerEvent.EventOneofCase.NcclId:
                ForwardNcclId(member, message);
                break;
            case WorkerEvent.EventOneofCase.RecoveryPoint:
                _point = Math.Max(_point, message.Identity.Step);
                break;
            case WorkerEvent.EventOneofCase.SaveFailed when _state is JobState.Rescaling or JobState.Ending && !IsAnyAbsent:
                SetDeadline(_options.EndTimeout); // the ranks retry the last save for as long as the job configures
                break;
            case WorkerEvent.EventOneofCase.Checkpoint:
                if (_checkpoint is not { } known || message.Identity.Step >= known.Step)
                    _checkpoint = (message.Checkpoint.Directory, message.Identity.Step);
                EndSaves(message.Identity.Step, problem: null);
                break;
            case WorkerEvent.EventOneofCase.SaveFailed:
                EndSaves(message.Identity.Step, message.SaveFailed.Message);
                break;
            case WorkerEvent.EventOneofCase.Finished:
                (member.IsStopped, member.Held) = (message.Finished.Stopped, message.Finished.Held);
                OnRankEnded(member, failure: null);
                break;
            case WorkerEvent.EventOneofCase.Failed:
                var failed = message.Failed;
                member.Held = failed.Held;
                OnRankEnded(member, new Failure(failed.Cause == FailureCause.Unspecified ? FailureCause.RankError : failed.Cause)
                {
                    Rank = failed.Consequence ? failed.Culprit < 0 ? null : failed.Culprit : member.Rank,
                    Reporter = failed.NamesRank || failed is { Consequence: true, Culprit: >= 0 } ? null : member.Rank,
                    Message = failed.Message,
                    Detail = failed.Detail,
                    IsConsequence = failed.Consequence,
                    Kind = failed.Kind,
                });
                break;
            default: break; // only for observers, such as evaluations, or an unknown event of a newer worker
        }
    }

    // A rank that trains on a different text would silently corrupt the weights of all ranks.
    private void CompareText(Member member, string text)
    {
        if (text.Length == 0 || _state is not JobState.Running) return;
        _text ??= (member.Id.Name, text);
        if (_text.Value.Content == text) return;
        _failure = new Failure(FailureCause.DataDiffers)
        {
            Rank = member.Rank,
            Kind = FailureKind.FailureFatal,
            Message = $"{member.Id.Name} has a different training text than {_text.Value.Worker}: its corpus or tokenizer differs "
                + $"({text} instead of {_text.Value.Content}); give every worker the same files for data.corpus and data.tokenizer",
        };
        LogFailure(_logger, _job.Id.Value, member.Rank, _failure.Reason);
        EndWithFailure();
    }

    private void OnRankEnded(Member member, Failure? failure)
    {
        member.IsEnded = true;
        member.IsStopped |= failure is not null;
        // The failure is a consequence of other ranks that stopped earlier, as ordered.
        if (_stop is { Save: false } && failure is { IsConsequence: true }) failure = null;
        if (_job.Recovery is not null && (failure is not null || _state is JobState.Recovering or JobState.Rescaling))
        {
            if (failure is not null) Recover(failure);
            else ReplanIfAllEnded();
            return;
        }

        if (failure is not null && !IsStoppedAtOnce)
        {
            LogFailure(_logger, _job.Id.Value, failure.Rank, failure.Reason);
            var first = _failure is null;
            _failure = Failure.MoreSpecific(_failure, failure);
            if (first && _state == JobState.Ending) SendStopToRest(StopAtOnce);
        }

        // The previous coordinator had ordered the stop, and its reason is unknown.
        if (_state == JobState.Running && member.IsStopped && _job.Recovery is not null)
            Recover(new Failure(FailureCause.EarlierCoordinator) { Rank = member.Rank });
        else if (_state == JobState.Running) BeginEnding(save: false);
        else if (Ranked.All(each => each.IsEnded)) EndOrReplan();
    }

    // The results of the ranks are not needed any more: a failed or lost rank changes nothing.
    private bool IsStoppedAtOnce => _state == JobState.Ending && _stop is { Save: false };

    // Ends the job after a failure from which it cannot recover.
    private void EndWithFailure()
    {
        if (_state != JobState.Ending) BeginEnding(save: false);
        else
        {
            SendStopToRest(StopAtOnce);
            if (Ranked.All(each => each.IsEnded)) EndOrReplan();
        }
    }

    private void BeginEnding(bool save)
    {
        SetDeadline(CurrentEndTimeout);
        ChangeState(JobState.Ending);
        if ((_failure ?? _shortage) is not null || _stop is not null) SendStopToRest(save ? StopSaving : StopAtOnce);
        if (Ranked.All(each => each.IsEnded)) EndOrReplan();
    }

    private void SendStopToRest(Action<StopJob> how, string? reason = null)
    {
        var stop = new StopJob { Reason = reason ?? _failure?.Reason ?? _stop?.Reason ?? _shortage?.Reason ?? "" };
        how(stop);
        foreach (var member in Ranked.Where(each => !each.IsEnded).ToList())
            member.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), Stop = stop });
    }

    // A stop with a checkpoint is requested, and the members hold a newer state than the checkpoint.
    private bool IsStoppedUnsaved => _stop is { Save: true } && _job.Recovery is not null && !IsSaved() && SavingGrid is not null;

    // All ranks have ended: ends the job, or plans another epoch that saves or continues.
    private void EndOrReplan()
    {
        if (_failure is not null) Fail(_failure);
        else if (Ranked.Any() && !Ranked.Any(member => member.IsStopped))
            End(JobState.Completed, _job.Plan.Steps == 1 ? "its only step is done" : $"all {_job.Plan.Steps} steps are done");
        else if (_shortage is not null && _stop is null)
        {
            _savesLeft = 0; // the state is saved or cannot be saved; workers may have joined meanwhile
            ChangeState(JobState.Recovering);
            Replan(force: true);
        }
        else if (_savesLeft > 0 && IsStoppedUnsaved)
        {
            _savesLeft--; // the ranks had left before they received the order to save
            ChangeState(JobState.Recovering);
            Replan(force: true);
        }
        else End(JobState.Stopped, _stop?.Reason ?? "a worker was stopped");
    }
}
