using TorchSharp;

namespace Distributed.Parallel.Overlap;

/// <summary>A point of a computation at which an exchange is in flight, so that another computation can run.</summary>
/// <param name="Last">
/// Whether no other exchange of this computation follows. The rest of the computation may then run after the next computation has
/// started its first exchange.
/// </param>
public readonly record struct Pause(bool Last);

/// <summary>
/// Runs several pausable computations in turn on one thread: one computes while the exchanges of the others are in flight. The order
/// of turns depends only on the order and number of pauses, never on arrivals, so all ranks start the same exchanges in the same
/// order.
/// <code>
/// two lanes, with a lag of one forward's turns:
/// A  forward            A  backward           C  forward            C  backward
///                       B  forward            B  backward           D  forward            D  backward
/// </code>
/// </summary>
public static class Interleaver
{
    /// <summary>Runs all computations to their end. Each turn has its own dispose scope.</summary>
    /// <param name="computations">
    /// The computations, in the order in which they start. A lane starts the next one in the turn in which its current one ends, or in
    /// the turn after a pause with <see cref="Pause.Last"/>, before the rest of the current one.
    /// </param>
    /// <param name="inFlight">Number of lanes, at least 1: the maximum number of computations in flight.</param>
    /// <param name="lag">Number of turns that a lane runs before the next lane starts.</param>
    /// <param name="failed">
    /// Called with the exception of a failed computation before the tensors of the other computations are disposed; null for none.
    /// </param>
    public static void Run(IEnumerable<IEnumerable<Pause>> computations, int inFlight = 1, int lag = 0, Action<Exception>? failed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        using var waiting = computations.GetEnumerator();
        var lanes = new List<Lane>();
        try
        {
            for (var begun = 0; begun == 0 || lanes.Count > 0;)
            {
                for (; begun < inFlight && (begun == 0 || lanes[^1].Turns >= lag); begun++)
                    lanes.Add(new Lane(waiting, alone: inFlight == 1));
                foreach (var lane in lanes.ToArray())
                    if (!lane.Turn()) lanes.Remove(lane);
            }
        }
        catch (Exception error)
        {
            failed?.Invoke(error);
            foreach (var lane in lanes) lane.Dispose();
            throw;
        }
    }

    /// <summary>Runs one computation to its end.</summary>
    public static void Run(IEnumerable<Pause> computation) => Run([computation]);

    // Runs one computation after another, taken from the shared list.
    private sealed class Lane(IEnumerator<IEnumerable<Pause>> waiting, bool alone) : IDisposable
    {
        private readonly Queue<IEnumerator<Pause>> _ending = new();
        private IEnumerator<Pause>? _computation;

        /// <summary>Number of turns so far.</summary>
        public int Turns { get; private set; }

        /// <summary>Runs to the next pause; returns false if no computation is left.</summary>
        public bool Turn()
        {
            Turns++;
            var ends = _ending.Count > 0;
            var hasMore = Advance();
            if (ends) End();
            return hasMore;
        }

        private bool Advance()
        {
            while (true)
            {
                if (_computation is null && waiting.MoveNext()) _computation = waiting.Current.GetEnumerator();
                if (_computation is null) return false;
                using var scope = torch.NewDisposeScope();
                var pauses = _computation.MoveNext();
                if (pauses && (alone || !_computation.Current.Last)) return true;
                _ending.Enqueue(_computation);
                _computation = null;
                if (pauses) return true;
                End();
            }
        }

        private void End()
        {
            using var scope = torch.NewDisposeScope();
            using var ending = _ending.Peek();
            while (ending.MoveNext())
            {
            }

            _ending.Dequeue();
        }

        public void Dispose()
        {
            _computation?.Dispose();
            foreach (var ending in _ending) ending.Dispose();
        }
    }
}
