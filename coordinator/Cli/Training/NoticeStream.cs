using System.Threading.Channels;
using Distributed.Coordinator.Jobs;

namespace Distributed.Cli.Training;

/// <summary>Takes a coordinator's notices to whoever shows them, without keeping the coordinator waiting.</summary>
/// <param name="witness">Hears them, too, as they come; null for nobody.</param>
internal sealed class NoticeStream(IJobObserver? witness = null) : IJobObserver
{
    private readonly Channel<JobNotice> _channel = Channel.CreateUnbounded<JobNotice>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Every notice in order; ends with the run.</summary>
    public IAsyncEnumerable<JobNotice> All => _channel.Reader.ReadAllAsync();

    /// <inheritdoc/>
    public void On(JobNotice notice)
    {
        witness?.On(notice);
        _channel.Writer.TryWrite(notice);
    }

    /// <summary>Nothing more will come.</summary>
    public void Complete() => _channel.Writer.TryComplete();
}
