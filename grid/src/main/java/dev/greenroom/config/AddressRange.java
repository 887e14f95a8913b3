package dev.greenroom.config;

import java.math.BigInteger;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/// A range of IP addresses, such as `10.1.0.0/16` or `fd00::/8`.
///
/// @param first any address of the range
/// @param bits length of the prefix
public record AddressRange(InetAddress first, int bits) {

    /// What a list of ranges must be.
    static final String RULE = "must be comma-separated ranges such as 10.1.0.0/16 or fd00::/8, or addresses";

    /// The ranges of a setting, as they are written.
    static List<String> listed(List<String> words) {
        return words.stream()
                .flatMap(word -> Stream.of(word.split(",", -1)))
                .filter(word -> !word.isEmpty())
                .toList();
    }

    /// Whether all of these are ranges.
    static boolean areRanges(List<String> texts) {
        return texts.stream().allMatch(text -> of(text).isPresent());
    }

    /// Whether any of these ranges contains an address.
    public static boolean contain(List<String> ranges, InetAddress address) {
        return ranges.stream().flatMap(text -> of(text).stream()).anyMatch(range -> range.contains(address));
    }

    /// Parses a range or a single address; empty for anything else. Does not resolve names.
    public static Optional<AddressRange> of(String text) {
        var slash = text.indexOf('/');
        try {
            var address = InetAddress.ofLiteral(slash < 0 ? text : text.substring(0, slash));
            var width = width(address);
            var bits = slash < 0 ? width : Integer.parseInt(text.substring(slash + 1));
            return bits < 0 || bits > width ? Optional.empty() : Optional.of(new AddressRange(address, bits));
        } catch (IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    /// Whether the range contains an address.
    public boolean contains(InetAddress address) {
        var ignored = width(first) - bits;
        return width(address) == width(first)
                && number(address).shiftRight(ignored).equals(number(first).shiftRight(ignored));
    }

    private static int width(InetAddress address) {
        return address.getAddress().length * Byte.SIZE;
    }

    private static BigInteger number(InetAddress address) {
        return new BigInteger(1, address.getAddress());
    }
}
