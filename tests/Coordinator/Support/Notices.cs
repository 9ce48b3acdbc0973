using System.Threading.Channels;
using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>Records the notices of a coordinator, and lets a test wait for them.</summary>
internal sealed class Notices : IJobObserver
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private readonly Channel<JobNotice> _channel = Channel.CreateUnbounded<JobNotice>();
    private readonly List<JobNotice> _all = [];

    public IEnumerable<JobState> States
    {
        get
        {
            lock (_all) return [.. _all.OfType<StateChanged>().Select(change => change.To)];
        }
    }

    public IReadOnlyList<JobNotice> All
    {
        get
        {
            lock (_all) return [.. _all];
        }
    }

    public void On(JobNotice notice)
    {
        lock (_all) _all.Add(notice);
        _channel.Writer.TryWrite(notice);
    }

    /// <summary>Waits for the next notice of a type, and skips the notices before it.</summary>
    public async Task<T> Next<T>(Func<T, bool>? which = null)
        where T : JobNotice
    {
        using var bound = new CancellationTokenSource(Bound);
        while (true)
        {
            if (await _channel.Reader.ReadAsync(bound.Token) is T notice && (which is null || which(notice))) return notice;
        }
    }
}
