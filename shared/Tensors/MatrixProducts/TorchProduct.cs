using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Distributed.Tensors.MatrixProducts;

/// <summary>Products by libtorch's operators, over tensors that do not own their memory.</summary>
internal static unsafe partial class TorchProduct
{
    /// <summary>Multiplies matrices of one type.</summary>
    public static void Multiply(Matrix c, Matrix a, Matrix b, bool add)
    {
        using var mode = no_grad();
        using var scope = NewDisposeScope();
        Wrap(c).addmm_(Wrap(a), Wrap(b), beta: add ? 1 : 0, alpha: 1);
    }

    internal static Tensor Wrap(Matrix matrix)
    {
        var sizes = stackalloc long[2] { matrix.Rows, matrix.Columns };
        var handle = THSTensor_new(matrix.Data, (nint)(delegate* unmanaged<nint, void>)&Keep, sizes, 2, (sbyte)matrix.Type,
            (sbyte)matrix.Type, 0, -1, 0);
        if (handle == 0) torch.CheckForErrors();
        var tensor = Tensor.UnsafeCreateTensor(handle);
        return matrix.Transposed ? tensor.t() : tensor;
    }

    // Deleter without effect: the tensor does not own the memory.
    [UnmanagedCallersOnly]
    private static void Keep(nint data)
    {
    }

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_new(nint data, nint deleter, long* sizes, int dimensions, sbyte type, sbyte resultType,
        int deviceType, int deviceIndex, byte requiresGrad);
}
