using TorchSharp;

namespace Distributed.Parallel.Overlap;

/// <summary>A point of a computation at which an exchange is under way, so that another computation may go on meanwhile.</summary>
public readonly record struct Pause;

/// <summary>
/// Runs computations that pause, several at a time, on one thread: one computes while the exchanges of the others are
/// under way. Whose turn it is depends on nothing but the order and number of pauses, never on what has arrived, so
/// that all ranks start the same exchanges in the same order.
/// <code>
/// two in flight, with a lag of their forwards' turns:
/// A  forward            backward
/// B                     forward            backward
/// C                                        forward            backward
/// </code>
/// </summary>
public static class Turns
{
    /// <summary>Runs all to their ends. Tensors of a turn that are not kept by then are released.</summary>
    /// <param name="computations">In the order in which they begin.</param>
    /// <param name="inFlight">How many at a time, at least 1.</param>
    /// <param name="lag">Turns that each has had, or it has ended, before the next begins.</param>
    /// <param name="failed">Hears of an exception before anything that the others have in flight is released.</param>
    public static void Run(IEnumerable<IEnumerable<Pause>> computations, int inFlight = 1, int lag = 0, Action<Exception>? failed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        var waiting = new Queue<IEnumerable<Pause>>(computations);
        var running = new List<Running>(); // in the order in which they began
        try
        {
            while (running.Count > 0 || waiting.Count > 0)
            {
                foreach (var computation in running.ToArray())
                    if (!computation.Turn()) running.Remove(computation);
                while (waiting.Count > 0 && running.Count < inFlight && (running.Count == 0 || running[^1].Turns >= lag))
                    running.Add(new Running(waiting.Dequeue().GetEnumerator()));
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

    private sealed class Running(IEnumerator<Pause> computation) : IDisposable
    {
        /// <summary>Turns that it has had.</summary>
        public int Turns { get; private set; }

        /// <summary>Runs it to its next pause; false where it has ended.</summary>
        public bool Turn()
        {
            using var scope = torch.NewDisposeScope();
            Turns++;
            if (computation.MoveNext()) return true;
            computation.Dispose();
            return false;
        }

        public void Dispose() => computation.Dispose();
    }
}
