namespace Distributed.Worker.Roles;

/// <summary>
/// How the ranks of one epoch come to one id for NCCL: rank 0 makes it and tells the coordinator, which tells the others. An epoch has its own.
/// </summary>
/// <param name="tell">Tells the coordinator.</param>
public sealed class NcclIdRelay(Action<byte[]> tell)
{
    private readonly TaskCompletionSource<byte[]> _heard = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>On rank 0: this is the id.</summary>
    public void Tell(byte[] id) => tell(id);

    /// <summary>On the others: the coordinator says that this is the id. The first counts.</summary>
    public void Hear(byte[] id) => _heard.TrySetResult(id);

    /// <summary>On the others: waits for it.</summary>
    /// <exception cref="TimeoutException">It did not come in time.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before.</exception>
    public byte[] Await(TimeSpan atMost, TimeProvider time, CancellationToken stop)
    {
        try
        {
            return _heard.Task.WaitAsync(atMost, time, stop).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Rank 0's id for NCCL did not come within {atMost}.");
        }
    }
}
