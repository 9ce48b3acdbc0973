using System.Threading.Channels;
using Distributed.Coordinator.Jobs;

namespace Distributed.Coordinator.Tests.Support;

/// <summary>Keeps what a coordinator tells, for a test to wait on.</summary>
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

    /// <summary>The next notice of a kind; those before it are passed over.</summary>
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
