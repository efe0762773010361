using System.Text;

namespace Orleans;

/// <summary>A hash that is the same in every process (FNV-1a, 32 bits, with a final mix). Orleans' own hash has other values.</summary>
public static class StableHash
{
    /// <summary>The hash of these bytes.</summary>
    public static uint ComputeHash(ReadOnlySpan<byte> data)
    {
        var hash = 2166136261u;
        foreach (var value in data)
        {
            hash = unchecked((hash ^ value) * 16777619u);
        }

        hash ^= hash >> 16;
        hash = unchecked(hash * 0x85ebca6bu);
        return hash ^ (hash >> 13);
    }

    /// <summary>The hash of this text's UTF-8 bytes.</summary>
    public static uint ComputeHash(string data) => ComputeHash(Encoding.UTF8.GetBytes(data));
}
