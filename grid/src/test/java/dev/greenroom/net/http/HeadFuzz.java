package dev.greenroom.net.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Pattern;

/// The target of a fuzzer for request heads. Nothing is thrown but what is wrong here: a head that a
/// grammar written down a second time refuses is accepted, or the same bytes cut differently get another
/// answer.
public final class HeadFuzz {
    private static final int LINE = HeadReader.MAX_LINE_BYTES;
    private static final int CUTS = 3;

    private static final Pattern GRAMMAR = Pattern.compile("([A-Z]{1,16}+ "
            + "(?:/[!-~]*+|(?i:https?|wss?)://[0-9A-Za-z._\\[\\]:-]++(?:[/?][!-~]*+)?+) HTTP/1\\.1)\\r\\n"
            + "((?:[!#$%&'*+.^_`|~0-9A-Za-z-]++:[\\t -~\\x80-\\xFF]*+\\r\\n){1," + HeadParser.MAX_FIELDS + "}+)\\r\\n");

    private static final Pattern HOST = Pattern.compile("(?imd)^host:[\\t ]*([^\\r\\n]*)");
    private static final Pattern BODY =
            Pattern.compile("(?imd)^(?:transfer-encoding:|content-length:(?![\\t ]*0[\\t ]*\\r?$))");

    private HeadFuzz() {}

    /// Called by the fuzzer, often.
    public static void fuzzerTestOneInput(byte[] bytes) {
        var whole = answer(Unpooled.wrappedBuffer(bytes), new int[0]);
        var random = new Random(Arrays.hashCode(bytes));
        for (var i = 0; i < CUTS && bytes.length > 1; i++) {
            var cuts =
                    random.ints(1 + random.nextInt(9), 1, bytes.length).sorted().toArray();
            var cut = answer(Unpooled.wrappedBuffer(bytes), cuts);
            if (!cut.equals(whole)) {
                throw new AssertionError("cut at " + Arrays.toString(cuts) + ": " + cut + ", in one piece: " + whole);
            }
        }
        var grammatical = isGrammatical(new String(bytes, StandardCharsets.ISO_8859_1));
        if (whole.startsWith("accepted") != grammatical) {
            throw new AssertionError("the grammar says " + grammatical + ", the parser " + whole);
        }
    }

    private static String answer(ByteBuf bytes, int[] cuts) {
        var scan = HeadReader.ofRequest();
        for (var cut : cuts) {
            var early = scan.scan(bytes.slice(0, cut));
            if (!(early instanceof HeadReader.ScanResult.More)) {
                return answer(early, bytes);
            }
        }
        return answer(scan.scan(bytes), bytes);
    }

    private static String answer(HeadReader.ScanResult result, ByteBuf bytes) {
        return switch (result) {
            case HeadReader.ScanResult.More() -> "more";
            case HeadReader.ScanResult.Malformed(var error) -> error.toString();
            case HeadReader.ScanResult.Complete(var length) ->
                switch (HeadParser.request(bytes.toString(0, length, StandardCharsets.ISO_8859_1))) {
                    case HeadParser.Parsed.Bad<RequestHead>(var error) -> error.toString();
                    case HeadParser.Parsed.Head<RequestHead>(var head) -> "accepted " + length + used(head);
                };
        };
    }

    /// What comes after the parser must get by with whatever it accepts.
    private static String used(RequestHead head) {
        return head.path() + head.query("browser") + head.isUpgrade() + UpgradeRequest.check(head);
    }

    static boolean isGrammatical(String text) {
        var head = GRAMMAR.matcher(text);
        if (!head.lookingAt()
                || head.end() > HeadReader.MAX_HEAD_BYTES
                || head.group(1).length() > LINE) {
            return false;
        }
        var fields = head.group(2);
        if (fields.lines().anyMatch(line -> line.length() > LINE)
                || BODY.matcher(fields).find()) {
            return false;
        }
        var hosts = HOST.matcher(fields).results().toList();
        return hosts.size() == 1 && !hosts.getFirst().group(1).isBlank();
    }
}
