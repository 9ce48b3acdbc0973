namespace Distributed.Worker.Roles;

/// <summary>
/// Shares the NCCL id among the ranks of one epoch: rank 0 creates it and sends it to the coordinator, which sends it to the other ranks.
/// Each epoch has its own id.
/// </summary>
/// <param name="send">Sends an id to the coordinator.</param>
public sealed class NcclIdRelay(Action<byte[]> send)
{
    private readonly TaskCompletionSource<byte[]> _received = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Publishes the id; on rank 0.</summary>
    public void Publish(byte[] id) => send(id);

    /// <summary>Receives the id from the coordinator; on the other ranks. Only the first id counts.</summary>
    public void Receive(byte[] id) => _received.TrySetResult(id);

    /// <summary>Waits for the id; on the other ranks.</summary>
    /// <exception cref="TimeoutException">The id did not arrive in time.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public byte[] Await(TimeSpan atMost, TimeProvider time, CancellationToken stop)
    {
        try
        {
            return _received.Task.WaitAsync(atMost, time, stop).GetAwaiter().GetResult();
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"The NCCL id of rank 0 did not arrive within {atMost}.");
        }
    }
}
