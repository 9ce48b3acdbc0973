using System.Runtime.CompilerServices;
using Distributed.Tensors.Lanes;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.Kernels;

/// <summary>What a router chooses from and how it weighs.</summary>
/// <param name="Chosen">K.</param>
/// <param name="Groups">Groups of equally many experts; 1 for none.</param>
/// <param name="ChosenGroups">Groups that one token may choose from.</param>
/// <param name="Normalise">Whether the chosen scores are divided by their sum.</param>
/// <param name="Scale">Factor on the weights.</param>
public readonly record struct RouterShape(int Chosen, int Groups, int ChosenGroups, bool Normalise, double Scale);

/// <summary>What a router makes of its logits.</summary>
/// <param name="Scores">Affinities, [T, E], without a graph.</param>
/// <param name="Experts">[T, K] int64, by falling score with its bias.</param>
/// <param name="Weights">[T, K], differentiable.</param>
/// <param name="BalanceLoss">Sequence-wise balance loss summed over sequences, a scalar, differentiable.</param>
/// <param name="ZLoss">Router z-loss summed over tokens, a scalar, differentiable.</param>
public readonly record struct RouterChoice(Tensor Scores, Tensor Experts, Tensor Weights, Tensor BalanceLoss, Tensor ZLoss);

/// <summary>
/// DeepSeek-V3's choice of experts (section 2.1.2, eq. 12 to 16), its sequence-wise balance loss (eq. 17 to 20) and the
/// router z-loss (ST-MoE, eq. 5) in one pass over the logits, and one back. The plain form is the network's router.
/// <code>B sequences   S tokens each   T = B S   E experts   K chosen</code>
/// </summary>
public static unsafe class RouterKernel
{
    /// <summary>Chooses. Of equal scores the expert with the lower index is taken.</summary>
    /// <param name="logits">[T, E] fp32 or fp64.</param>
    /// <param name="bias">[E] of the same type; steers the choice only.</param>
    /// <param name="shape">How many and how.</param>
    /// <param name="sequences">B; 0 only where T is 0.</param>
    /// <param name="given">A choice made before, [T, K] int64, that is weighed again but not made again; null to choose.</param>
    public static RouterChoice Apply(Tensor logits, Tensor bias, RouterShape shape, long sequences, Tensor? given = null)
    {
        long T = logits.size(0), E = logits.size(1);
        var chosen = new Chosen(empty([T, E], logits.dtype), given?.contiguous() ?? empty([T, shape.Chosen], ScalarType.Int64), given is not null);
        var results = Function.apply(logits, bias, shape, sequences, chosen);
        return new RouterChoice(chosen.Scores, chosen.Experts, results[0], results[1], results[2]);
    }

    // What has no gradient; not an output of the function, where each would cost a tensor in backward.
    private sealed record Chosen(Tensor Scores, Tensor Experts, bool IsGiven);

    private sealed class Function : autograd.MultiTensorFunction<Function>
    {
        private const string Shape = "shape", Sequences = "sequences";

        public override string Name => nameof(RouterKernel);

        public override List<Tensor> forward(autograd.AutogradContext context, params object[] arguments)
        {
            var (logits, bias, shape, sequences) = (((Tensor)arguments[0]).contiguous(), (Tensor)arguments[1], (RouterShape)arguments[2], (long)arguments[3]);
            var (scores, experts, isGiven) = (Chosen)arguments[4];
            long T = logits.size(0), E = logits.size(1);
            var weights = empty([T, shape.Chosen], logits.dtype);
            using var losses = zeros([Math.Max(1, sequences), 2], ScalarType.Float64);
            RowKernels.Run(
                new ForwardSequences
                {
                    Logits = TensorMemory.Pointer(logits), Bias = TensorMemory.Pointer(bias), Scores = TensorMemory.Pointer(scores), Experts = TensorMemory.Pointer(experts),
                    Weights = TensorMemory.Pointer(weights), Losses = TensorMemory.Pointer(losses), Tokens = sequences == 0 ? 0 : T / sequences, E = (int)E, Shape = shape, IsGiven = isGiven,
                },
                logits.dtype, sequences, sequences == 0 ? 0 : T / sequences * E * 8);
            using var sums = losses.sum([0L]);
            context.save_for_backward([logits, scores, experts]);
            context.save_data(Shape, shape);
            context.save_data(Sequences, sequences);
            context.set_materialize_grads(false);
            return [weights, sums[0].to(logits.dtype), sums[1].to(logits.dtype)];
        }

        public override List<Tensor> backward(autograd.AutogradContext context, List<Tensor> gradients) => BackwardGuard.Run(5, () => Backward(context, gradients));

        private static List<Tensor> Backward(autograd.AutogradContext context, List<Tensor> gradients)
        {
            var saved = context.get_saved_variables();
            var (shape, sequences) = ((RouterShape)context.get_data(Shape), (long)context.get_data(Sequences));
            var (logits, scores, experts) = (saved[0], saved[1], saved[2]);
            var ofWeights = BackwardGuard.IsGiven(gradients[0]) ? gradients[0].contiguous() : zeros(experts.shape, logits.dtype);
            long T = logits.size(0), E = logits.size(1);
            var ofLogits = empty_like(logits);
            RowKernels.Run(
                new BackwardSequences
                {
                    Logits = TensorMemory.Pointer(logits), Scores = TensorMemory.Pointer(scores), Experts = TensorMemory.Pointer(experts), OfWeights = TensorMemory.Pointer(ofWeights),
                    OfBalance = Factor(gradients[1]), OfZ = Factor(gradients[2]), OfLogits = TensorMemory.Pointer(ofLogits),
                    Tokens = sequences == 0 ? 0 : T / sequences, E = (int)E, Shape = shape,
                },
                logits.dtype, sequences, sequences == 0 ? 0 : T / sequences * E * 8);
            return [ofLogits, null!, null!, null!, null!];
        }
    }

    private static double Factor(Tensor gradient) => BackwardGuard.IsGiven(gradient) ? gradient.ToDouble() : 0;

    private struct ForwardSequences : IRowKernel
    {
        public nint Logits, Bias, Scores, Experts, Weights, Losses;
        public long Tokens;
        public int E;
        public RouterShape Shape;
        public bool IsGiven;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            var steered = new double[E];
            var (share, counts) = (new double[E], new long[E]);
            for (var sequence = begin; sequence < end; sequence++)
            {
                Array.Clear(share);
                Array.Clear(counts);
                var z = 0.0;
                for (var token = sequence * Tokens; token < (sequence + 1) * Tokens; token++)
                {
                    TElement* logits = (TElement*)Logits + token * E, scores = (TElement*)Scores + token * E;
                    var whole = E - E % TLanes.Count;
                    Sigmoid<TLanes, TElement>(logits, scores, 0, whole);
                    Sigmoid<TOne, TElement>(logits, scores, whole, E);

                    var sum = 0.0;
                    for (var e = 0; e < E; e++)
                    {
                        var score = Get<TOne, TElement>(scores, e);
                        sum += score;
                        steered[e] = score + Get<TOne, TElement>((TElement*)Bias, e);
                    }

                    for (var e = 0; e < E; e++) share[e] += Get<TOne, TElement>(scores, e) / sum;
                    if (Shape.Groups > 1) CloseGroups(steered);
                    Choose<TOne, TElement>(steered, scores, (long*)Experts + token * Shape.Chosen, (TElement*)Weights + token * Shape.Chosen, counts);
                    var top = LogSumExp<TOne, TElement>(logits, E);
                    z += top * top;
                }

                var balance = 0.0;
                for (var e = 0; e < E; e++) balance += (double)E * counts[e] / (Shape.Chosen * Tokens) * (share[e] / Tokens);
                ((double*)Losses)[2 * sequence] = balance;
                ((double*)Losses)[2 * sequence + 1] = z;
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static void Sigmoid<T, TElement>(TElement* logits, TElement* scores, long begin, long end)
            where T : unmanaged, ILanes<T> where TElement : unmanaged
        {
            var one = T.Of(1);
            for (var i = begin; i < end; i += T.Count) T.Store(scores + i, one / (one + T.Exp(T.Of(0) - T.Load(logits + i))));
        }

        // A group's score is the sum of its two best; experts of the others get minus infinity.
        private readonly void CloseGroups(double[] steered)
        {
            var size = E / Shape.Groups;
            Span<double> best = stackalloc double[Shape.Groups];
            for (var group = 0; group < Shape.Groups; group++)
            {
                double first = double.NegativeInfinity, second = double.NegativeInfinity;
                for (var e = group * size; e < (group + 1) * size; e++)
                {
                    if (steered[e] > first) (first, second) = (steered[e], first);
                    else if (steered[e] > second) second = steered[e];
                }

                best[group] = first + second;
            }

            Span<bool> open = stackalloc bool[Shape.Groups];
            open.Clear();
            for (var n = 0; n < Shape.ChosenGroups; n++)
            {
                var chosen = -1;
                for (var group = 0; group < Shape.Groups; group++)
                    if (!open[group] && (chosen < 0 || best[group] > best[chosen])) chosen = group;
                open[chosen] = true;
            }

            for (var e = 0; e < E; e++)
                if (!open[e / size]) steered[e] = double.NegativeInfinity;
        }

        private readonly void Choose<TOne, TElement>(double[] steered, TElement* scores, long* experts, TElement* weights, long[] counts)
            where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            var sum = 1e-20;
            for (var k = 0; k < Shape.Chosen; k++)
            {
                var chosen = IsGiven ? (int)experts[k] : Best(steered);
                if (chosen < 0) chosen = FirstNotIn(experts, k); // nothing but NaN is left: any expert, once
                experts[k] = chosen;
                counts[chosen]++;
                sum += Get<TOne, TElement>(scores, chosen);
                steered[chosen] = double.NaN; // taken
            }

            var factor = Shape.Normalise ? Shape.Scale / sum : Shape.Scale;
            for (var k = 0; k < Shape.Chosen; k++) TOne.Store(weights + k, TOne.Of(Get<TOne, TElement>(scores, experts[k]) * factor));
        }

        private static int Best(double[] steered)
        {
            var best = -1;
            for (var e = 0; e < steered.Length; e++)
                if (!double.IsNaN(steered[e]) && (best < 0 || steered[e] > steered[best])) best = e;
            return best;
        }

        private static int FirstNotIn(long* experts, int count)
        {
            var candidate = 0;
            while (new ReadOnlySpan<long>(experts, count).Contains(candidate)) candidate++;
            return candidate;
        }
    }

    private struct BackwardSequences : IRowKernel
    {
        public nint Logits, Scores, Experts, OfWeights, OfLogits;
        public double OfBalance, OfZ;
        public long Tokens;
        public int E;
        public RouterShape Shape;

        public readonly void Run<TLanes, TOne, TElement>(long begin, long end)
            where TLanes : unmanaged, ILanes<TLanes> where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            var (frequency, ofScores) = (new double[E], new double[E]);
            for (var sequence = begin; sequence < end; sequence++)
            {
                Array.Clear(frequency);
                var (first, last) = (sequence * Tokens, (sequence + 1) * Tokens);
                for (var slot = first * Shape.Chosen; slot < last * Shape.Chosen; slot++) frequency[((long*)Experts)[slot]]++;
                for (var e = 0; e < E; e++) frequency[e] *= (double)E / (Shape.Chosen * Tokens) * OfBalance / Tokens; // gradient of s' of eq. (19)
                for (var token = first; token < last; token++)
                {
                    TElement* scores = (TElement*)Scores + token * E, ofLogits = (TElement*)OfLogits + token * E;
                    OfShares<TOne, TElement>(scores, frequency, ofScores);
                    AddOfWeights<TOne, TElement>(scores, (long*)Experts + token * Shape.Chosen, (TElement*)OfWeights + token * Shape.Chosen, ofScores);
                    var top = OfZ == 0 ? 0 : LogSumExp<TOne, TElement>((TElement*)Logits + token * E, E);
                    for (var e = 0; e < E; e++)
                    {
                        var score = Get<TOne, TElement>(scores, e);
                        var gradient = ofScores[e] * score * (1 - score);
                        if (OfZ != 0) gradient += OfZ * 2 * top * Math.Exp(Get<TOne, TElement>((TElement*)Logits + token * E, e) - top);
                        TOne.Store(ofLogits + e, TOne.Of(gradient));
                    }
                }
            }
        }

        // s'_i = s_i / sum s: ds_i = (g_i - sum_j g_j s'_j) / sum s.
        private readonly void OfShares<TOne, TElement>(TElement* scores, double[] gradient, double[] ofScores)
            where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            if (OfBalance == 0)
            {
                Array.Clear(ofScores);
                return;
            }

            double sum = 0, dot = 0;
            for (var e = 0; e < E; e++)
            {
                var score = Get<TOne, TElement>(scores, e);
                sum += score;
                dot += gradient[e] * score;
            }

            for (var e = 0; e < E; e++) ofScores[e] = (gradient[e] - dot / sum) / sum;
        }

        private readonly void AddOfWeights<TOne, TElement>(TElement* scores, long* experts, TElement* ofWeights, double[] ofScores)
            where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
        {
            double sum = 1e-20, dot = 0;
            for (var k = 0; k < Shape.Chosen; k++)
            {
                var score = Get<TOne, TElement>(scores, experts[k]);
                sum += score;
                dot += Get<TOne, TElement>(ofWeights, k) * score;
            }

            for (var k = 0; k < Shape.Chosen; k++)
            {
                var gradient = Get<TOne, TElement>(ofWeights, k);
                ofScores[experts[k]] += Shape.Scale * (Shape.Normalise ? (gradient - dot / sum) / sum : gradient);
            }
        }
    }

    private static double LogSumExp<TOne, TElement>(TElement* logits, int count)
        where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged
    {
        var largest = double.NegativeInfinity;
        for (var e = 0; e < count; e++) largest = Math.Max(largest, Get<TOne, TElement>(logits, e));
        var sum = 0.0;
        for (var e = 0; e < count; e++) sum += TOne.Sum(TOne.Exp(TOne.Load(logits + e) - TOne.Of(largest)));
        return largest + Math.Log(sum);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Get<TOne, TElement>(TElement* from, long index)
        where TOne : unmanaged, ILanes<TOne> where TElement : unmanaged => TOne.Sum(TOne.Load(from + index));
}
