using System.Diagnostics;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs;

// Checkpoints that are requested while the job continues.
public sealed partial class JobCoordinator
{
    private readonly List<(long Step, TaskCompletionSource<string?> Done)> _saves = [];

    /// <summary>Requests a checkpoint after the current step, while the job continues. Thread-safe.</summary>
    /// <returns>
    /// A task that completes with null when a checkpoint with every step committed so far is published, when the job has no newer state
    /// than its checkpoint, or when the job has completed or was stopped; with the reason when that checkpoint cannot be saved or the job
    /// fails or is abandoned.
    /// </returns>
    public Task<string?> RequestSave()
    {
        var done = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_inbox.Writer.TryWrite(new CoordinatorInput.SaveRequested(done))) done.TrySetResult(null);
        return done.Task;
    }

    private void OnSaveRequested(TaskCompletionSource<string?> done)
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
            default: throw new UnreachableException($"A checkpoint is requested in state {_state}.");
        }
    }

    // The order to one rank is enough: all ranks agree on it with the commit. If that rank is lost, the order is sent to the next epoch.
    private void AskToSave()
    {
        if (_saves.Count > 0 && Ranked.FirstOrDefault(member => member is { Rank: 0, IsEnded: false }) is { } first)
            first.Link.Send(new WorkerCommand { Identity = _epoch.At(_step), SaveCheckpoint = new SaveCheckpoint() });
    }

    // Completes the requests for checkpoints of steps up to the given one.
    private void EndSaves(long step, string? problem)
    {
        foreach (var save in _saves.Where(save => save.Step <= step).ToList())
        {
            _saves.Remove(save);
            save.Done.TrySetResult(problem);
        }
    }
}
