using System.Threading.Channels;
using Distributed.Coordinator.Jobs;

namespace Distributed.Cli.Training;

/// <summary>Queues a coordinator's notices for a view, so that the view does not block the coordinator.</summary>
/// <param name="observer">Also receives each notice, on the coordinator's thread; null for none.</param>
internal sealed class NoticeStream(IJobObserver? observer = null) : IJobObserver
{
    private readonly Channel<JobNotice> _channel = Channel.CreateUnbounded<JobNotice>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>All notices in order, until <see cref="Complete"/> is called.</summary>
    public IAsyncEnumerable<JobNotice> All => _channel.Reader.ReadAllAsync();

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        observer?.On(notice);
        _channel.Writer.TryWrite(notice);
    }

    /// <summary>Ends the stream.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
