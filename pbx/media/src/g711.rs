//! G.711: µ-law and A-law as tables made at compile time, and one straight into the other.

/// µ-law byte to linear sample.
pub static MU_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = mu_to_linear(code as u8);
        code += 1;
    }
    table
};

/// A-law byte to linear sample.
pub static A_TO_LINEAR: [i16; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = a_to_linear(code as u8);
        code += 1;
    }
    table
};

/// µ-law byte to A-law byte.
pub static MU_TO_A: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = linear_to_a(mu_to_linear(code as u8));
        code += 1;
    }
    table
};

/// A-law byte to µ-law byte.
pub static A_TO_MU: [u8; 256] = {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        table[code] = linear_to_mu(a_to_linear(code as u8));
        code += 1;
    }
    table
};

const MU_BIAS: i32 = 0x84;

const fn mu_to_linear(code: u8) -> i16 {
    let code = !code as i32;
    let magnitude = ((((code & 0x0F) << 3) + MU_BIAS) << (code >> 4 & 7)) - MU_BIAS;
    (if code & 0x80 != 0 { -magnitude } else { magnitude }) as i16
}

const fn a_to_linear(code: u8) -> i16 {
    let code = (code ^ 0x55) as i32;
    let (exponent, mantissa) = (code >> 4 & 7, (code & 0x0F) << 4);
    let magnitude = if exponent == 0 { mantissa + 8 } else { (mantissa + 0x108) << (exponent - 1) };
    (if code & 0x80 != 0 { magnitude } else { -magnitude }) as i16
}

/// Linear sample to µ-law byte.
pub const fn linear_to_mu(sample: i16) -> u8 {
    let (sign, mut magnitude) = if sample < 0 { (0x80, -(sample as i32)) } else { (0, sample as i32) };
    if magnitude > 32_635 {
        magnitude = 32_635;
    }
    magnitude += MU_BIAS;
    let exponent = 31 - magnitude.leading_zeros() as i32 - 7;
    let mantissa = magnitude >> (exponent + 3) & 0x0F;
    !(sign | exponent << 4 | mantissa) as u8
}

/// Linear sample to A-law byte.
pub const fn linear_to_a(sample: i16) -> u8 {
    // The negative half mirrors the positive one around −1/2, so that both have 128 steps.
    let (sign, magnitude) = if sample < 0 { (0, !(sample as i32)) } else { (0x80, sample as i32) };
    let code = if magnitude < 256 {
        magnitude >> 4
    } else {
        let exponent = 31 - magnitude.leading_zeros() as i32 - 7;
        exponent << 4 | magnitude >> (exponent + 3) & 0x0F
    };
    (sign | code) as u8 ^ 0x55
}

#[cfg(test)]
mod tests {
    use super::*;
    use audio_codec::{Decoder, Encoder};

    #[test]
    fn tables_agree_with_an_independent_codec() {
        let codes: Vec<u8> = (0..=255).collect();
        assert_eq!(audio_codec::pcmu::PcmuDecoder::new().decode(&codes), MU_TO_LINEAR);
        assert_eq!(audio_codec::pcma::PcmaDecoder::new().decode(&codes), A_TO_LINEAR);
        let samples: Vec<i16> = (i16::MIN..=i16::MAX).step_by(7).collect();
        let mu: Vec<u8> = samples.iter().map(|s| linear_to_mu(*s)).collect();
        assert_eq!(audio_codec::pcmu::PcmuEncoder::new().encode(&samples), mu);
    }

    #[test]
    fn every_code_survives_linear_and_back() {
        for code in 0..=255u8 {
            assert_eq!(linear_to_a(A_TO_LINEAR[usize::from(code)]), code);
            let mu = linear_to_mu(MU_TO_LINEAR[usize::from(code)]);
            // µ-law has two zeros.
            assert!(mu == code || (code == 0x7F && mu == 0xFF), "{code:#x} became {mu:#x}");
        }
    }

    #[test]
    fn one_law_into_the_other_keeps_the_sample_within_a_step() {
        for code in 0..=255usize {
            let (from, to) =
                (i32::from(MU_TO_LINEAR[code]), i32::from(A_TO_LINEAR[usize::from(MU_TO_A[code])]));
            assert!((from - to).abs() <= 8 + from.abs() / 16, "µ {code:#x}: {from} became {to}");
            let (from, to) =
                (i32::from(A_TO_LINEAR[code]), i32::from(MU_TO_LINEAR[usize::from(A_TO_MU[code])]));
            assert!((from - to).abs() <= 8 + from.abs() / 16, "A {code:#x}: {from} became {to}");
        }
    }
}
