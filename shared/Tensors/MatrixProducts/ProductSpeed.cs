using System.Diagnostics;
using Distributed.Tensors.Processor;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>Measured rates of this machine's matrix products in fp32 and bf16, on one thread.</summary>
/// <param name="Fp32">Rate in fp32, in GFLOP/s.</param>
/// <param name="Bf16">Rate in bf16, in GFLOP/s.</param>
public sealed record ProductSpeed(double Fp32, double Bf16)
{
    private const int Rounds = 24;
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);
    private static readonly Lazy<ProductSpeed> Measured = new(Measure);

    // Rows, inner dimension and columns of a projection, of an expert, and of a large product.
    private static readonly (long M, long K, long N)[] Shapes = [(1024, 256, 256), (256, 256, 512), (512, 512, 512)];

    /// <summary>The rates of this process; the first use measures them in about half a second.</summary>
    public static ProductSpeed OfThisMachine => Measured.Value;

    /// <summary>Whether the processor multiplies bf16 natively; otherwise bf16 products are never faster and need no measurement.</summary>
    public static bool IsBf16Native => ProcessorFlags.MultipliesBf16;

    /// <summary>Speedup of bf16 products over fp32 products on this machine; 0 if the processor does not multiply bf16 natively.</summary>
    public static double Bf16Speedup => IsBf16Native ? OfThisMachine.Bf16 / OfThisMachine.Fp32 : 0;

    // Runs on its own thread, since set_num_threads changes the calling thread.
    private static ProductSpeed Measure()
    {
        ProductSpeed? speed = null;
        var thread = new Thread(() =>
        {
            set_num_threads(1);
            speed = Compare();
        })
        {
            IsBackground = true,
        };
        thread.Start();
        thread.Join();
        return speed!;
    }

    // Alternates between the types, so that other load slows both; the fastest round of each counts.
    private static ProductSpeed Compare()
    {
        using var scope = NewDisposeScope();
        using var withoutGraph = no_grad();
        var (fp32, bf16) = (Products(ScalarType.Float32), Products(ScalarType.BFloat16));
        var (fastest32, fastest16) = (double.PositiveInfinity, double.PositiveInfinity);
        var start = Stopwatch.GetTimestamp();
        for (var round = 0; round < Rounds && (round < 3 || Stopwatch.GetElapsedTime(start) < Budget); round++)
        {
            fastest32 = Math.Min(fastest32, Seconds(fp32));
            fastest16 = Math.Min(fastest16, Seconds(bf16));
        }

        var work = Shapes.Sum(shape => 6.0 * shape.M * shape.K * shape.N) / 1e9;
        return new ProductSpeed(work / fastest32, work / fastest16);
    }

    private static double Seconds(Action[] products)
    {
        var start = Stopwatch.GetTimestamp();
        foreach (var product in products) product();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    // For each shape: the output, the input's gradient and the weight's gradient, as in a training step.
    private static Action[] Products(ScalarType type) => [.. Shapes.SelectMany(shape =>
    {
        var (x, weight, y) = (ones([shape.M, shape.K], type), ones([shape.N, shape.K], type), ones([shape.M, shape.N], type));
        var (dx, dw) = (empty([shape.M, shape.K], type), zeros([shape.N, shape.K], ScalarType.Float32));
        return new Action[]
        {
            () => MatrixProduct.Multiply(Matrix.Of(y), Matrix.Of(x), Matrix.Of(weight).T),
            () => MatrixProduct.Multiply(Matrix.Of(dx), Matrix.Of(y), Matrix.Of(weight)),
            () => MatrixProduct.Multiply(Matrix.Of(dw), Matrix.Of(y).T, Matrix.Of(x), add: true),
        };
    })];
}
