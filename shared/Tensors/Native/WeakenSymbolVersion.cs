using System;
using System.IO;
using System.Text;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

/// <summary>
/// Build task: copies a 64-bit little-endian ELF library and marks one required symbol version as weak (VER_FLG_WEAK in vna_flags of its
/// .gnu.version_r entry), so that the loader accepts a C++ runtime without that version.
/// </summary>
public class WeakenSymbolVersion : Task
{
    private const uint SectionTypeVersionNeeds = 0x6ffffffe; // SHT_GNU_verneed
    private const ushort WeakFlag = 0x2;                     // VER_FLG_WEAK

    [Required] public string Source { get; set; } = "";
    [Required] public string Destination { get; set; } = "";
    [Required] public string Version { get; set; } = "";

    public override bool Execute()
    {
        var elf = File.ReadAllBytes(Source);
        if (elf.Length < 64 || BitConverter.ToUInt32(elf, 0) != 0x464c457f || elf[4] != 2 || elf[5] != 1)
        {
            Log.LogError("{0} is not a 64-bit little-endian ELF file.", Source);
            return false;
        }

        Weaken(elf);

        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(Destination))!);
        var written = Destination + "." + System.Diagnostics.Process.GetCurrentProcess().Id + ".new";
        File.WriteAllBytes(written, elf);
        if (File.Exists(Destination)) File.Delete(Destination); // deletes the link, not its target
        File.Move(written, Destination);
        return true;
    }

    private void Weaken(byte[] elf)
    {
        var sections = (int)BitConverter.ToInt64(elf, 0x28);
        int size = BitConverter.ToUInt16(elf, 0x3a), count = BitConverter.ToUInt16(elf, 0x3c);
        for (var i = 0; i < count; i++)
        {
            var section = sections + i * size;
            if (BitConverter.ToUInt32(elf, section + 4) != SectionTypeVersionNeeds) continue;
            var strings = sections + (int)BitConverter.ToUInt32(elf, section + 0x28) * size;
            WeakenIn(elf, (int)BitConverter.ToInt64(elf, section + 0x18), (int)BitConverter.ToInt64(elf, strings + 0x18));
        }
    }

    private void WeakenIn(byte[] elf, int need, int strings)
    {
        while (true)
        {
            var entry = need + (int)BitConverter.ToUInt32(elf, need + 8); // vn_aux
            for (var left = BitConverter.ToUInt16(elf, need + 2); left > 0; left--)
            {
                if (Text(elf, strings + (int)BitConverter.ToUInt32(elf, entry + 8)) == Version)
                    elf[entry + 4] |= (byte)WeakFlag; // vna_flags
                entry += (int)BitConverter.ToUInt32(elf, entry + 12); // vna_next
            }

            var next = BitConverter.ToUInt32(elf, need + 12); // vn_next
            if (next == 0) return;
            need += (int)next;
        }
    }

    private static string Text(byte[] elf, int at)
    {
        var end = Array.IndexOf(elf, (byte)0, at);
        return Encoding.ASCII.GetString(elf, at, end - at);
    }
}
