package dev.greenroom.config;

import java.io.Serial;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/// Checks the values of a record and collects all violations, so that they are reported at once.
final class SettingsRules {
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:%-]{1,253}");

    private final List<SettingsFinding> findings = new ArrayList<>();

    public SettingsRules within(String name, int value, int least, int most) {
        return that(value >= least && value <= most, "must be " + least + " to " + most, name);
    }

    public SettingsRules within(String name, Duration value, Duration least, Duration most, String why) {
        var words = "must be " + DurationText.show(least) + " to " + DurationText.show(most) + ", " + why;
        return that(value.compareTo(least) >= 0 && value.compareTo(most) <= 0, words, name);
    }

    public SettingsRules atLeast(String name, int value, int least) {
        return that(value >= least, "must be " + least + " or more", name);
    }

    public SettingsRules positive(String name, Duration value) {
        return that(value.isPositive(), "must be over 0", name);
    }

    public SettingsRules positive(String name, Optional<Duration> value) {
        return that(value.isEmpty() || value.get().isPositive(), "must be over 0, or off", name);
    }

    public SettingsRules host(String name, String value) {
        var words = "must be a host name or an IP address without brackets, and no port";
        return that(HOST.matcher(value).matches(), words, name);
    }

    /// Adds a finding if a rule does not hold.
    ///
    /// @param words the rule, and what to do
    /// @param names the settings concerned, the main one first
    public SettingsRules that(boolean holds, String words, String... names) {
        if (!holds) {
            findings.add(new SettingsFinding(List.of(names), words));
        }
        return this;
    }

    public SettingsRules all(List<SettingsFinding> more) {
        findings.addAll(more);
        return this;
    }

    /// Rejects the record if a rule is broken.
    ///
    /// @throws InvalidSettingsException if a rule is broken
    public void check() {
        if (!findings.isEmpty()) {
            throw new InvalidSettingsException(findings);
        }
    }

    /// The findings so far; for warnings, which do not reject the record.
    public List<SettingsFinding> findings() {
        return List.copyOf(findings);
    }

    /// A rule that settings break, or a recommendation that they do not follow.
    ///
    /// @param names the settings concerned; the first one is shown with its value
    /// @param words the rule, and what to do
    public record SettingsFinding(List<String> names, String words) {
        public SettingsFinding {
            names = List.copyOf(names);
        }

        /// The main setting concerned.
        public String name() {
            return names.getFirst();
        }

        @Override
        public String toString() {
            return name() + ": " + words;
        }
    }

    /// Settings break the rules of their record.
    public static final class InvalidSettingsException extends IllegalArgumentException {
        @Serial
        private static final long serialVersionUID = 1L;

        private final transient List<SettingsFinding> findings;

        InvalidSettingsException(List<SettingsFinding> findings) {
            super(findings.stream().map(SettingsFinding::toString).collect(Collectors.joining("; ")));
            this.findings = List.copyOf(findings);
        }

        /// At least one.
        public List<SettingsFinding> findings() {
            return findings;
        }
    }
}
