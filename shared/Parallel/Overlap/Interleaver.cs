using TorchSharp;

namespace Distributed.Parallel.Overlap;

/// <summary>A point of a computation at which an exchange is under way, so that another computation may go on meanwhile.</summary>
/// <param name="Last">Whether no other exchange follows: what is left may wait until the next computation has started its first.</param>
public readonly record struct Pause(bool Last);

/// <summary>
/// Runs computations that pause, several at a time, on one thread: one computes while the exchanges of the others are
/// under way. Whose turn it is depends on nothing but the order and number of pauses, never on what has arrived, so
/// that all ranks start the same exchanges in the same order.
/// <code>
/// two lanes, with a lag of their forwards' turns:
/// A  forward            A  backward           C  forward            C  backward
///                       B  forward            B  backward           D  forward            D  backward
/// </code>
/// </summary>
public static class Interleaver
{
    /// <summary>Runs all to their ends. Tensors of a turn that are not kept by then are released.</summary>
    /// <param name="computations">In the order in which they begin: each in the turn in which another one ends, before that where its last pause said so.</param>
    /// <param name="inFlight">How many at a time, at least 1.</param>
    /// <param name="lag">Turns of the first that go before the second begins, where both are to be under way, and so on.</param>
    /// <param name="failed">Hears of an exception before anything that the others have in flight is released.</param>
    public static void Run(IEnumerable<IEnumerable<Pause>> computations, int inFlight = 1, int lag = 0, Action<Exception>? failed = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inFlight, 1);
        using var waiting = computations.GetEnumerator();
        var lanes = new List<Lane>();
        try
        {
            for (var begun = 0; begun == 0 || lanes.Count > 0;)
            {
                for (; begun < inFlight && (begun == 0 || lanes[^1].Interleaver >= lag); begun++) lanes.Add(new Lane(waiting, alone: inFlight == 1));
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

    /// <summary>Runs one to its end.</summary>
    public static void Run(IEnumerable<Pause> computation) => Run([computation]);

    // One computation after another, taken from those that wait.
    private sealed class Lane(IEnumerator<IEnumerable<Pause>> waiting, bool alone) : IDisposable
    {
        private readonly Queue<IEnumerator<Pause>> _ending = new();
        private IEnumerator<Pause>? _computation;

        /// <summary>Turns that it has had.</summary>
        public int Interleaver { get; private set; }

        /// <summary>Runs to the next pause; false where nothing is left to run.</summary>
        public bool Turn()
        {
            Interleaver++;
            var ends = _ending.Count > 0;
            var goesOn = Advance();
            if (ends) End();
            return goesOn;
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
