//! Loudness: peak and root mean square, in tenths of a decibel below full scale.

/// The level of silence.
pub const SILENCE_DDB: i16 = -960;

/// Loudness since the last reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// Loudest sample, tenths of a decibel.
    pub peak_ddb: i16,
    /// Root mean square, tenths of a decibel.
    pub rms_ddb: i16,
}

/// Gathers samples between two readings.
#[derive(Debug, Clone, Default)]
pub struct Meter {
    peak: u16,
    squares: u64,
    count: u64,
}

impl Meter {
    /// Takes samples.
    pub fn add(&mut self, samples: &[i16]) {
        for sample in samples {
            let size = u64::from(sample.unsigned_abs());
            self.peak = self.peak.max(sample.unsigned_abs());
            self.squares = self.squares.saturating_add(size * size);
        }
        self.count = self.count.saturating_add(samples.len() as u64);
    }

    /// Reads and starts anew.
    pub fn take(&mut self) -> Level {
        let mean = if self.count == 0 { 0.0 } else { self.squares as f64 / self.count as f64 };
        let level = Level { peak_ddb: ddb(f64::from(self.peak)), rms_ddb: ddb(mean.sqrt()) };
        *self = Self::default();
        level
    }
}

/// A size in sample steps as tenths of a decibel, never below [`SILENCE_DDB`].
pub fn ddb(size: f64) -> i16 {
    let value = 200.0 * (size.max(1e-9) / 32_768.0).log10();
    (value.round() as i16).clamp(SILENCE_DDB, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sine_of_minus_ten_decibels_reads_minus_ten_and_minus_thirteen() {
        let (mut meter, mut samples) = (Meter::default(), [0; 8000]);
        crate::tone::Tone::new(440, -100, 8000).fill(&mut samples);
        meter.add(&samples);
        let level = meter.take();
        assert!((level.peak_ddb + 100).abs() <= 1 && (level.rms_ddb + 130).abs() <= 1, "{level:?}");
        assert_eq!(
            meter.take(),
            Level { peak_ddb: SILENCE_DDB, rms_ddb: SILENCE_DDB },
            "read and begun anew"
        );
        meter.add(&[i16::MIN]);
        assert_eq!(meter.take(), Level { peak_ddb: 0, rms_ddb: 0 });
    }
}
