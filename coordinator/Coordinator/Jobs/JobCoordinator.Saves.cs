using System.Diagnostics;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// Checkpoints that are asked for while the job continues.
public sealed partial class JobCoordinator
{
    private readonly List<(long Step, TaskCompletionSource<string?> Done)> _saves = [];

    /// <summary>Asks for a checkpoint after the current step, while the job continues; from any thread.</summary>
    /// <returns>
    /// Completes with null when a checkpoint that has every step committed so far is published, the job has no newer state than its checkpoint, or
    /// has completed or was stopped; with the reason if that checkpoint cannot be saved, the job fails or is abandoned.
    /// </returns>
    public Task<string?> RequestSave()
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inbox.Writer.TryWrite(new CoordinatorInput.SaveAsked(done))) done.TrySetResult(null);
        return done.Task;
    }

    private void OnSaveAsked(TaskCompletionSource<string?> done)
    {
        switch (_state)
        {
            case JobState.Pending or JobState.Gathering or JobState.Paused or JobState.Completed or JobState.Failed or JobState.Stopped:
                done.TrySetResult(null);
                break;
            case JobState.Running or JobState.Recovering or JobState.Rescaling or JobState.Ending:
                _saves.Add((_step, done));
                if (_state == JobState.Running) AskToSave();
                break;
            default: throw new UnreachableException($"A checkpoint is asked for in state {_state}.");
        }
    }

    // One rank is enough: all agree on it with the commit. If that rank is lost, the next epoch is asked.
    private void AskToSave()
    {
        if (_saves.Count > 0 && Ranked.FirstOrDefault(member => member is { Rank: 0, Ended: false }) is { } first)
            first.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), SaveCheckpoint = new SaveCheckpoint() });
    }

    // A save has ended: those of the steps up to its own need wait no longer.
    private void EndSaves(long step, string? problem)
    {
        foreach (var save in _saves.Where(save => save.Step <= step).ToList())
        {
            _saves.Remove(save);
            save.Done.TrySetResult(problem);
        }
    }
}
