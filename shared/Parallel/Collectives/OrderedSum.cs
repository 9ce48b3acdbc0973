using System.Numerics;

namespace Distributed.Parallel.Collectives;

/// <summary>Adds rows in order, element by element: ((row 0 + row 1) + row 2) + ...</summary>
internal static class OrderedSum
{
    /// <summary>
    /// Writes the sum of the rows, each of <paramref name="count"/> elements, to <paramref name="output"/>, which may be one of the rows.
    /// Vector lanes perform the same additions as scalar code, so the result does not depend on the machine's vector width.
    /// </summary>
    public static unsafe void Of<T>(nint[] rows, nint output, long count)
        where T : unmanaged, INumber<T>
    {
        long i = 0;
        for (; i <= count - Vector<T>.Count; i += Vector<T>.Count)
        {
            var sum = Vector.Load((T*)rows[0] + i);
            for (var row = 1; row < rows.Length; row++) sum += Vector.Load((T*)rows[row] + i);
            sum.Store((T*)output + i);
        }

        for (; i < count; i++)
        {
            var sum = ((T*)rows[0])[i];
            for (var row = 1; row < rows.Length; row++) sum += ((T*)rows[row])[i];
            ((T*)output)[i] = sum;
        }
    }
}
