using TorchSharp;

namespace Distributed.Parallel.Overlap;

/// <summary>A point of a computation at which an exchange is under way, so that another computation may go on meanwhile.</summary>
public readonly record struct Pause;

/// <summary>
/// Runs computations that pause, several at a time, on one thread: one computes while the exchanges of the others are
/// under way. Whose turn it is depends on nothing but the order and number of pauses, never on what has arrived, so
/// that all ranks start the same exchanges in the same order.
/// <code>two in flight    A |route|      |experts|      |merge, route| ...
///                  B       |route|        |experts|              |merge, route| ...
///       exchanges            A--- B---      A--- B---</code>
/// </summary>
public static class Turns
{
    /// <summary>Runs all to their ends. Tensors of a turn that are not kept by then are released.</summary>
    /// <param name="computations">In the order in which they begin.</param>
    /// <param name="inFlight">How many at a time, at least 1; the next begins when one has ended.</param>
    /// <param name="failed">Hears of an exception before anything that the others have in flight is released.</param>
    public static void Run(IEnumerable<IEnumerable<Pause>> computations, int inFlight = 1, Action<Exception>? failed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var waiting = new Queue<IEnumerable<Pause>>(computations);
        var running = new Queue<IEnumerator<Pause>>();
        try
        {
            while (running.Count > 0 || waiting.Count > 0)
            {
                while (running.Count < inFlight && waiting.Count > 0) running.Enqueue(waiting.Dequeue().GetEnumerator());
                if (Turn(running.Peek())) running.Enqueue(running.Dequeue());
                else running.Dequeue().Dispose();
            }
        }
        catch (Exception error)
        {
            failed?.Invoke(error);
            foreach (var computation in running) computation.Dispose();
            throw;
        }
    }

    /// <summary>Runs one to its end.</summary>
    public static void Run(IEnumerable<Pause> computation) => Run([computation]);

    private static bool Turn(IEnumerator<Pause> computation)
    {
        using var scope = torch.NewDisposeScope();
        return computation.MoveNext();
    }
}
