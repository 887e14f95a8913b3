package dev.greenroom.config;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/// Collects what a record's values break, so that all of it is said at once.
final class Rules {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]{1,253}");

    private final List<Finding> findings = new ArrayList<>();

    Rules within(String name, int value, int least, int most) {
        return that(value >= least && value <= most, "must be " + least + " to " + most, name);
    }

    Rules within(String name, Duration value, Duration least, Duration most, String why) {
        var words = "must be " + DurationText.show(least) + " to " + DurationText.show(most) + ", " + why;
        return that(value.compareTo(least) >= 0 && value.compareTo(most) <= 0, words, name);
    }

    Rules atLeast(String name, int value, int least) {
        return that(value >= least, "must be " + least + " or more", name);
    }

    Rules positive(String name, Duration value) {
        return that(value.isPositive(), "must be over 0", name);
    }

    Rules positive(String name, Optional<Duration> value) {
        return that(value.isEmpty() || value.get().isPositive(), "must be over 0, or off", name);
    }

    Rules host(String name, String value) {
        var words = "must be a host name or an IP address without brackets, and no port";
        return that(HOST.matcher(value).matches(), words, name);
    }

    /// @param words the rule, and what to do
    /// @param names the settings that it is about, the main one first
    Rules that(boolean holds, String words, String... names) {
        if (!holds) {
            findings.add(new Finding(List.of(names), words));
        }
        return this;
    }

    Rules all(List<Finding> more) {
        findings.addAll(more);
        return this;
    }

    /// @throws BrokenRulesException when anything is broken
    void check() {
        if (!findings.isEmpty()) {
            throw new BrokenRulesException(findings);
        }
    }

    /// What is broken; for advice, which nobody throws.
    List<Finding> findings() {
        return List.copyOf(findings);
    }
}
