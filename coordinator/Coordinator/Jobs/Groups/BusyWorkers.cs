using Distributed.Coordinator.Links;
using Distributed.Protocol;

namespace Distributed.Coordinator.Jobs.Groups;

/// <summary>
/// Workers that have reconnected while a previous role still runs. They are not members before that role has ended, because the group may
/// resume from the parts that they hold then.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="bound">Longest time for a previous role to end.</param>
/// <param name="onOverdue">Receives the link of a worker whose role has not ended in time, on any thread.</param>
internal sealed class BusyWorkers(TimeProvider time, TimeSpan bound, Action<IWorkerLink> onOverdue) : IDisposable
{
    private readonly Dictionary<IWorkerLink, (Hello Hello, ITimer Bound)> _workers = [];

    /// <summary>Adds a worker, or replaces it and begins its time anew.</summary>
    /// <param name="link">The worker's link.</param>
    /// <param name="hello">The worker's <c>Hello</c>.</param>
    public void Add(IWorkerLink link, Hello hello)
    {
        Remove(link);
        _workers[link] = (hello, time.CreateTimer(_ => onOverdue(link), null, bound, Timeout.InfiniteTimeSpan));
    }

    /// <summary>Marks a worker as leaving, for when it becomes a member; no effect if the worker is not busy.</summary>
    public void MarkLeaving(IWorkerLink link)
    {
        if (_workers.TryGetValue(link, out var busy)) busy.Hello.Leaving = true;
    }

    /// <summary>Removes a worker.</summary>
    /// <returns>The worker's <c>Hello</c>; null if the worker is not busy.</returns>
    public Hello? Remove(IWorkerLink link)
    {
        if (!_workers.Remove(link, out var busy)) return null;
        busy.Bound.Dispose();
        return busy.Hello;
    }

    /// <summary>Stops all timers.</summary>
    public void Dispose()
    {
        foreach (var busy in _workers.Values) busy.Bound.Dispose();
    }
}
