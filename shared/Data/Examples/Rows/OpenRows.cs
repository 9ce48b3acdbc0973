namespace Distributed.Data.Examples.Rows;

/// <summary>Rows that still have room. Of the rows with enough room, an example joins the one with the least (best fit).</summary>
/// <param name="rowLength">Positions of a row.</param>
/// <param name="closed">Receives the examples of each closed row.</param>
internal sealed class OpenRows(int rowLength, List<int[]> closed)
{
    private readonly List<(int Free, List<int> Examples)> _rows = [];

    /// <summary>Adds an example to the row with the least sufficient room, or to a new row.</summary>
    /// <param name="example">The example.</param>
    /// <param name="length">Its tokens, at most the length of a row.</param>
    public void Add(int example, int length)
    {
        var best = -1;
        for (var i = 0; i < _rows.Count; i++)
        {
            if (_rows[i].Free >= length && (best < 0 || _rows[i].Free < _rows[best].Free)) best = i;
        }

        if (best < 0)
        {
            best = _rows.Count;
            _rows.Add((rowLength, []));
        }

        _rows[best].Examples.Add(example);
        _rows[best] = _rows[best] with { Free = _rows[best].Free - length };
    }

    /// <summary>Closes rows until only those with the most room are open.</summary>
    /// <param name="kept">Number of rows that stay open.</param>
    public void CloseAllBut(int kept)
    {
        var byRoom = _rows.OrderByDescending(row => row.Free).ToList(); // stable: equal rows stay in the order of their creation
        closed.AddRange(byRoom.Skip(kept).Select(row => row.Examples.ToArray()));
        _rows.Clear();
        _rows.AddRange(byRoom.Take(kept));
    }
}
