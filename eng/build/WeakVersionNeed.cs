#nullable disable
using System;
using System.Collections.Generic;
using System.IO;
using System.Text;
#if !TESTED
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;
#endif

namespace OrleansTagging.Build;

/// <summary>
/// Marks a version that an ELF library needs of another one as weak, so that the loader does not insist on it.
/// <para>
/// <c>libLibTorchSharp.so</c> of TorchSharp 0.107.0 needs <c>GLIBCXX_3.4.32</c> for <c>std::ios_base_library_init</c> alone. The symbol only
/// makes the linker refuse an older libstdc++; no relocation uses it. With <c>VER_FLG_WEAK</c> in the entry's <c>vna_flags</c> the
/// library loads where libstdc++ is older (Debian 12, Ubuntu 22.04), and nothing changes elsewhere.
/// Layout: System V ABI, and "Symbol Versioning" of the Linux Standard Base.
/// </para>
/// </summary>
public static class WeakVersionNeed
{
    private const uint DynamicSymbols = 11;
    private const uint Relocations = 9;
    private const uint RelocationsWithAddend = 4;
    private const uint VersionNeeds = 0x6ffffffe;
    private const uint SymbolVersions = 0x6fffffff;
    private const ushort Weak = 2;

    /// <summary>Sets the flag in an image of a library.</summary>
    /// <param name="image">The file; one bit of it is set when the answer is <c>null</c>.</param>
    /// <param name="version">The version, <c>GLIBCXX_3.4.32</c>.</param>
    /// <param name="symbol">The only symbol that may have it, as the linker knows it.</param>
    /// <returns>Why the image was left as it is; <c>null</c> when the bit is set.</returns>
    public static string Set(byte[] image, string version, string symbol)
    {
        try
        {
            return new Elf(image).Weaken(version, symbol);
        }
        catch (Exception fault) when (fault is IndexOutOfRangeException || fault is ArgumentException || fault is OverflowException)
        {
            return "it is cut short, or no ELF file of 64 bits";
        }
    }

    private sealed class Elf
    {
        private readonly byte[] _image;
        private readonly List<Section> _sections = new List<Section>();

        public Elf(byte[] image)
        {
            _image = image;
            // 0x7f E L F, 64 bits, little endian.
            if (image.Length < 64 || U32(0) != 0x464c457f || image[4] != 2 || image[5] != 1)
            {
                return;
            }
            long table = I64(40);
            int size = U16(58), count = U16(60);
            for (int at = 0; at < count; at++)
            {
                long header = checked(table + (long)at * size);
                _sections.Add(new Section
                {
                    Type = U32(header + 4), Offset = I64(header + 24), Size = I64(header + 32),
                    Link = (int)U32(header + 40), Info = (int)U32(header + 44), EntrySize = I64(header + 56),
                });
            }
        }

        public string Weaken(string version, string symbol)
        {
            var needs = _sections.Find(section => section.Type == VersionNeeds);
            var symbols = _sections.Find(section => section.Type == DynamicSymbols);
            var versions = _sections.Find(section => section.Type == SymbolVersions);
            if (needs == null || symbols == null || versions == null || symbols.EntrySize != 24)
            {
                return "it is no ELF file of 64 bits with versions of symbols";
            }
            long entry = Find(needs, version);
            if (entry < 0)
            {
                return "it does not need " + version;
            }
            int index = U16(entry + 6) & 0x7fff;
            var uses = new HashSet<long>();
            for (long at = 0; at < symbols.Size / symbols.EntrySize; at++)
            {
                if ((U16(versions.Offset + 2 * at) & 0x7fff) != index)
                {
                    continue;
                }
                string name = Text(symbols, U32(symbols.Offset + at * symbols.EntrySize));
                if (name != symbol)
                {
                    return "it needs " + version + " for " + name + ", too";
                }
                uses.Add(at);
            }
            foreach (var section in _sections)
            {
                long size = section.Type == RelocationsWithAddend ? 24 : section.Type == Relocations ? 16 : 0;
                for (long at = 0; size > 0 && at < section.Size / size; at++)
                {
                    if (uses.Contains((long)U32(section.Offset + at * size + 12)))
                    {
                        return "a relocation uses " + symbol;
                    }
                }
            }
            _image[entry + 4] |= (byte)Weak;
            return null;
        }

        // Verneed: version, count, file, first, next; Vernaux: hash (4), flags (2), other (2), name (4), next (4).
        private long Find(Section needs, string version)
        {
            long need = needs.Offset;
            for (int file = 0; file < needs.Info; file++)
            {
                long entry = need + U32(need + 8);
                for (int at = 0; at < U16(need + 2); at++)
                {
                    if (Text(needs, U32(entry + 8)) == version)
                    {
                        return entry;
                    }
                    entry += U32(entry + 12);
                }
                need += U32(need + 12);
            }
            return -1;
        }

        private string Text(Section named, uint offset)
        {
            long start = _sections[named.Link].Offset + offset;
            long end = start;
            while (_image[end] != 0)
            {
                end++;
            }
            return Encoding.ASCII.GetString(_image, checked((int)start), checked((int)(end - start)));
        }

        private ushort U16(long at) => BitConverter.ToUInt16(_image, checked((int)at));

        private uint U32(long at) => BitConverter.ToUInt32(_image, checked((int)at));

        private long I64(long at) => BitConverter.ToInt64(_image, checked((int)at));

        private sealed class Section
        {
            public uint Type;
            public long Offset, Size, EntrySize;
            public int Link, Info;
        }
    }
}

#if !TESTED
/// <summary>Copies TorchSharp's native library and sets <see cref="WeakVersionNeed"/>'s bit in the copy.</summary>
public sealed class WeakenTorchSharp : Task
{
    /// <summary>The library in the package folder, which is only read.</summary>
    [Required]
    public string Source { get; set; }

    /// <summary>The copy.</summary>
    [Required]
    public string Copy { get; set; }

    /// <inheritdoc/>
    public override bool Execute()
    {
        var image = File.ReadAllBytes(Source);
        if (WeakVersionNeed.Set(image, "GLIBCXX_3.4.32", "_ZSt21ios_base_library_initv") is string reason)
        {
            Log.LogMessage(MessageImportance.High, "{0}: copied unchanged, since {1}.", Path.GetFileName(Source), reason);
        }
        Directory.CreateDirectory(Path.GetDirectoryName(Copy));
        // A new file in place of the old one, to which the output may be linked.
        var temporary = Copy + "." + Guid.NewGuid().ToString("N");
        File.WriteAllBytes(temporary, image);
        File.Delete(Copy);
        File.Move(temporary, Copy);
        return true;
    }
}
#endif
