package dev.greenroom.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// The rules on how a source file looks that a compiler does not know.
final class SourceRules {
    private static final String DISGUISED = "sleep" + "s in disguise: wait for an event";

    /// The words are taken apart here, or this file would break the rules that it states.
    private static final List<Rule> RULES = List.of(
            new Rule("sleep" + "s: wait for an event", "\\b(Thread|TimeUnit\\.\\w+)\\." + "sleep\\b"),
            new Rule("puts something off: do it, or open an issue", "\\b(TO" + "DO|FIX" + "ME|XX" + "X)\\b"),
            new Rule("imports everything: name the classes", "^import .*\\*;"),
            new Rule(
                    "skips a test: let it fail with a sentence",
                    "@(Dis" + "abled\\w*|Enabled" + "If\\w*)|\\bassume(True|False|That)\\b"),
            new Rule(
                    "has a tag that no part of ./check knows; those that are known are `check` and `nightly`",
                    "@Tag\\((?!\"(check|night" + "ly)\"\\))"),
            new Rule(DISGUISED, "(new CountDownLatch\\(\\d+\\)\\s*\\.|timed)(await|" + "Join)\\("));
    private static final Rule PARKS = new Rule(DISGUISED, "\\bpark" + "Nanos\\b");

    /// A client in the queue is woken when it is its turn; the system does not say when a grandchild has
    /// ended; the log collects lines that come close together.
    private static final Pattern MAY_PARK = Pattern.compile(".*/(ClientQueue|ChildProcess|QueuedAppender)\\.java");

    /// Of a unit test; others measure for a while, or have an outage last.
    private static final Rule LINGERS = new Rule(DISGUISED, "\\.until\\(\\(\\) -> " + "true\\)");
    private static final Pattern MAY_NOT_LINGER = Pattern.compile(".*Test\\.java");
    private static final Rule PRINTS =
            new Rule("prints: log, or hand out what is to be printed", "\\bSystem\\.(out|err)" + "\\b");
    private static final Rule REPEATS = new Rule(
            "repeats, and ends silently with its first exception: use PeriodicTask",
            "\\.schedule(AtFixedRate|WithFixed" + "Delay)\\b");
    /// A relay's check belongs to its event loop, and guards itself.
    private static final Pattern MAY_REPEAT = Pattern.compile(".*dev/greenroom/net/relay/Relay\\.java");

    private static final Pattern MAY_PRINT = Pattern.compile(".*dev/greenroom/(cli/.*|ops/log/.*|app/.*|Main\\.java)");

    private SourceRules() {}

    private record Rule(String words, Pattern pattern) {
        Rule(String words, String pattern) {
            this(words, Pattern.compile(pattern));
        }
    }

    /// What is wrong with a file, each with the line.
    ///
    /// @param path with forward slashes
    static List<String> findings(String path, List<String> lines) {
        var findings = new ArrayList<String>();
        for (var number = 1; number <= lines.size(); number++) {
            check(path + ":" + number, lines.get(number - 1), findings);
            if (!MAY_PRINT.matcher(path).matches()) {
                find(PRINTS, path + ":" + number, lines.get(number - 1), findings);
            }
            if (MAY_NOT_LINGER.matcher(path).matches()) {
                find(LINGERS, path + ":" + number, lines.get(number - 1), findings);
            }
            if (!MAY_PARK.matcher(path).matches()) {
                find(PARKS, path + ":" + number, lines.get(number - 1), findings);
            }
            if (!MAY_REPEAT.matcher(path).matches()) {
                find(REPEATS, path + ":" + number, lines.get(number - 1), findings);
            }
        }
        return findings;
    }

    private static void find(Rule rule, String where, String line, List<String> findings) {
        if (rule.pattern().matcher(line).find()) {
            findings.add(where + " " + rule.words());
        }
    }

    private static void check(String where, String line, List<String> findings) {
        for (var rule : RULES) {
            find(rule, where, line, findings);
        }
    }
}
