namespace Distributed.Coordinator.Jobs.Progress;

/// <summary>Requests for a checkpoint while the job continues, each with the number of committed steps at the request.</summary>
internal sealed class SaveRequests
{
    private readonly List<(long Step, TaskCompletionSource<string?> Done)> _requests = [];

    /// <summary>Whether a request is not completed yet.</summary>
    public bool IsAny => _requests.Count > 0;

    /// <summary>Adds a request for a checkpoint with at least some number of steps.</summary>
    /// <param name="step">Number of committed steps.</param>
    /// <param name="done">Receives null when the checkpoint is published, or the reason why it is not.</param>
    public void Add(long step, TaskCompletionSource<string?> done) => _requests.Add((step, done));

    /// <summary>Completes the requests that a checkpoint of some number of steps satisfies, whether or not it was saved.</summary>
    /// <param name="step">Number of steps committed in the checkpoint.</param>
    /// <param name="problem">Why the checkpoint could not be saved; null if it was.</param>
    public void Complete(long step, string? problem)
    {
        foreach (var request in _requests.Where(request => request.Step <= step).ToList())
        {
            _requests.Remove(request);
            request.Done.TrySetResult(problem);
        }
    }

    /// <summary>Completes all requests, because the job has ended.</summary>
    /// <param name="problem">Why the state is not saved; null if the job has no newer state than its checkpoint.</param>
    public void CompleteAll(string? problem) => Complete(long.MaxValue, problem);
}
