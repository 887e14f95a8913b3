package dev.greenroom.cli.doctor;

import dev.greenroom.cli.doctor.Diagnosis.DoctorFinding.Severity;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/// The results of all checks.
///
/// @param results one per check, in order
record Diagnosis(List<CheckResult> results) {

    /// The result of one check.
    ///
    /// @param impossible why the check was skipped; empty if it ran
    public record CheckResult(String check, List<DoctorFinding> findings, String impossible) {}

    /// The number of findings of a severity.
    public long count(Severity severity) {
        return results.stream()
                .flatMap(result -> result.findings().stream())
                .filter(finding -> finding.severity() == severity)
                .count();
    }

    Map<String, Object> json() {
        var json = new LinkedHashMap<String, Object>();
        json.put("errors", count(Severity.ERROR));
        json.put("warnings", count(Severity.WARNING));
        json.put("findings", results.stream().flatMap(Diagnosis::findings).toList());
        json.put(
                "passed",
                results.stream()
                        .filter(Diagnosis::isPassed)
                        .map(CheckResult::check)
                        .toList());
        json.put(
                "notPossible",
                results.stream()
                        .filter(result -> !result.impossible().isEmpty())
                        .map(result -> Map.of("check", result.check(), "reason", result.impossible()))
                        .toList());
        return json;
    }

    static boolean isPassed(CheckResult result) {
        return result.findings().isEmpty() && result.impossible().isEmpty();
    }

    private static Stream<Map<String, String>> findings(CheckResult result) {
        return result.findings().stream().map(finding -> {
            var json = new LinkedHashMap<String, String>();
            json.put("check", result.check());
            json.put("severity", finding.severity().name().toLowerCase(Locale.ROOT));
            json.put("finding", finding.what());
            json.put("remedy", finding.remedy());
            return json;
        });
    }

    /// A problem.
    ///
    /// @param what the problem
    /// @param remedy what to do
    record DoctorFinding(Severity severity, String what, String remedy) {

        /// The severity of a finding.
        public enum Severity {
            /// It works, but will cause problems.
            WARNING,
            /// It does not work, or is open to unauthorized use.
            ERROR
        }

        static DoctorFinding error(String what, String remedy) {
            return new DoctorFinding(Severity.ERROR, what, remedy);
        }

        static DoctorFinding warning(String what, String remedy) {
            return new DoctorFinding(Severity.WARNING, what, remedy);
        }
    }
}
