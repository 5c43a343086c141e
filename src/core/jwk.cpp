#include "core/jwk.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "core/bytes.hpp"
#include "core/crypto.hpp"
#include "core/json.hpp"

namespace tenancy::core {
namespace {

constexpr std::array<std::pair<std::string_view, Algorithm>, 13> kNames = {{
    {"HS256", Algorithm::HS256},
    {"HS384", Algorithm::HS384},
    {"HS512", Algorithm::HS512},
    {"RS256", Algorithm::RS256},
    {"RS384", Algorithm::RS384},
    {"RS512", Algorithm::RS512},
    {"PS256", Algorithm::PS256},
    {"PS384", Algorithm::PS384},
    {"PS512", Algorithm::PS512},
    {"ES256", Algorithm::ES256},
    {"ES384", Algorithm::ES384},
    {"ES512", Algorithm::ES512},
    {"EdDSA", Algorithm::EdDSA},
}};

constexpr std::size_t kMaxKeys = 100;

Error bad_key(std::string why) {
  return {Errc::bad_key, std::move(why)};
}

// A key that is well formed but of no use here: another kind, another purpose.
struct NotForUs {
  std::string why;
};

// A JWK being read. Each step answers with what is wrong, in words that name no value.
class Reader {
 public:
  explicit Reader(Json jwk) : jwk_(jwk) {}

  std::optional<std::string_view> text(std::string_view name) const {
    const auto value = jwk_.member(name);
    if (!value || !value->is_string()) return std::nullopt;
    return value->string();
  }
  bool has(std::string_view name) const { return jwk_.member(name).has_value(); }

  // A required member in base64url.
  Result<std::string> bytes(std::string_view name) const {
    const auto value = text(name);
    auto decoded = value ? decode_base64url(*value) : std::nullopt;
    if (!decoded || decoded->empty()) {
      return bad_key("member `" + std::string(name) + "` is missing or not strict base64url");
    }
    return std::move(*decoded);
  }

  // RFC 7517 sections 4.2 and 4.3: `use` and `key_ops`, where present, must allow verifying.
  std::optional<NotForUs> other_purpose() const {
    if (has("use") && text("use") != "sig") return NotForUs{"`use` is not `sig`"};
    const auto operations = jwk_.member("key_ops");
    if (!operations) return std::nullopt;
    if (operations->is_array()) {
      for (const Json& operation : operations->elements()) {
        if (operation.is_string() && operation.string() == "verify") return std::nullopt;
      }
    }
    return NotForUs{"`key_ops` does not include `verify`"};
  }

 private:
  Json jwk_;
};

// What a key type offers: its algorithms, its verifier and its thumbprint's members (RFC 7638
// section 3.2, in their order).
struct Material {
  std::vector<Algorithm> algorithms;
  VerifierPtr verifier;
  std::string canonical;
};

std::string thumbprint_input(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  std::string json = "{";
  for (const auto& [name, value] : members) {
    if (json.size() > 1) json += ',';
    json.append("\"").append(name).append("\":\"").append(value).append("\"");
  }
  return json + "}";
}

Result<Material> read_rsa(const Reader& jwk) {
  auto n = jwk.bytes("n");
  if (!n.ok()) return n.error();
  auto e = jwk.bytes("e");
  if (!e.ok()) return e.error();
  auto verifier = rsa_verifier(n.value(), e.value());
  if (!verifier.ok()) return verifier.error();
  return Material{{Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256,
                   Algorithm::PS384, Algorithm::PS512},
                  std::move(verifier).value(),
                  thumbprint_input({{"e", *jwk.text("e")}, {"kty", "RSA"}, {"n", *jwk.text("n")}})};
}

Result<Material> read_ec(const Reader& jwk) {
  constexpr std::array<std::pair<std::string_view, std::pair<Curve, Algorithm>>, 3> kCurves = {{
      {"P-256", {Curve::P256, Algorithm::ES256}},
      {"P-384", {Curve::P384, Algorithm::ES384}},
      {"P-521", {Curve::P521, Algorithm::ES512}},
  }};
  const auto name = jwk.text("crv");
  const auto curve = std::ranges::find_if(kCurves, [&](const auto& c) { return c.first == name; });
  if (curve == kCurves.end()) return Error{Errc::unsupported, "`crv` is not P-256, P-384 or P-521"};
  auto x = jwk.bytes("x");
  if (!x.ok()) return x.error();
  auto y = jwk.bytes("y");
  if (!y.ok()) return y.error();
  auto verifier = ec_verifier(curve->second.first, x.value(), y.value());
  if (!verifier.ok()) return verifier.error();
  return Material{
      {curve->second.second},
      std::move(verifier).value(),
      thumbprint_input(
          {{"crv", *name}, {"kty", "EC"}, {"x", *jwk.text("x")}, {"y", *jwk.text("y")}})};
}

Result<Material> read_okp(const Reader& jwk) {
  if (jwk.text("crv") != "Ed25519") return Error{Errc::unsupported, "`crv` is not Ed25519"};
  auto x = jwk.bytes("x");
  if (!x.ok()) return x.error();
  auto verifier = ed25519_verifier(x.value());
  if (!verifier.ok()) return verifier.error();
  return Material{{Algorithm::EdDSA},
                  std::move(verifier).value(),
                  thumbprint_input({{"crv", "Ed25519"}, {"kty", "OKP"}, {"x", *jwk.text("x")}})};
}

Result<Material> read_oct(const Reader& jwk) {
  auto k = jwk.bytes("k");
  if (!k.ok()) return k.error();
  std::vector<Algorithm> algorithms;
  for (const Algorithm algorithm : {Algorithm::HS256, Algorithm::HS384, Algorithm::HS512}) {
    if (k.value().size() >= shortest_secret(algorithm)) algorithms.push_back(algorithm);
  }
  auto verifier = hmac_verifier(k.value());
  if (!verifier.ok()) return verifier.error();
  return Material{std::move(algorithms), std::move(verifier).value(),
                  thumbprint_input({{"k", *jwk.text("k")}, {"kty", "oct"}})};
}

// One JWK: a key, or why it is none of ours, or what is wrong with it.
Result<std::variant<Key, NotForUs>> read_key(Json value) {
  using Outcome = std::variant<Key, NotForUs>;
  if (!value.is_object()) return bad_key("a key is not an object");
  const Reader jwk(value);

  Result<Material> (*read)(const Reader&) = nullptr;
  const auto kty = jwk.text("kty");
  if (kty == "RSA") read = read_rsa;
  if (kty == "EC") read = read_ec;
  if (kty == "OKP") read = read_okp;
  if (kty == "oct") read = read_oct;
  if (read == nullptr) return Outcome(NotForUs{"`kty` is not RSA, EC, OKP or oct"});
  if (kty != "oct") {
    // RFC 7518 sections 6.2.2 and 6.3.2: whoever publishes these has lost the key, whatever it was
    // for.
    for (const std::string_view member : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
      if (jwk.has(member)) return bad_key("it holds the private part of the key");
    }
  }

  if (auto other = jwk.other_purpose()) return Outcome(std::move(*other));

  std::optional<Algorithm> pinned;
  if (jwk.has("alg")) {
    const auto name = jwk.text("alg");
    if (name) pinned = algorithm_of(*name);
    if (!pinned) return Outcome(NotForUs{"`alg` is not an algorithm we verify"});
  }
  Key key;
  if (jwk.has("kid")) {
    const auto kid = jwk.text("kid");
    if (!kid) return bad_key("`kid` is not a string");
    key.kid = *kid;
  }

  auto material = read(jwk);
  if (!material.ok()) {
    if (material.error().code != Errc::unsupported) return material.error();
    return Outcome(NotForUs{material.error().message});
  }
  key.algorithms = material.value().algorithms;
  if (pinned) {
    if (std::ranges::find(key.algorithms, *pinned) == key.algorithms.end()) {
      return bad_key("the key cannot be used with its `alg`");
    }
    key.algorithms = {*pinned};
  }
  key.verifier = material.value().verifier;
  auto digest = sha256(material.value().canonical);
  if (!digest.ok()) return digest.error();
  key.thumbprint = base64url(digest.value());
  return Outcome(std::move(key));
}

std::string name_key(Json jwk, std::size_t index) {
  std::string name = "key " + std::to_string(index + 1);
  const auto kid = jwk.member("kid");
  if (kid && kid->is_string() && kid->string().size() <= 64) {
    name.append(" (kid ").append(json_quote(kid->string())).append(")");
  }
  return name;
}

bool is_symmetric(const Key& key) {
  return key.algorithms.front() <= Algorithm::HS512;
}

// What must hold for the keys together: a kid is one key, and a set that anybody may read holds
// no secret.
std::optional<Error> check_together(const KeySet& set) {
  for (std::size_t i = 0; i < set.keys.size(); ++i) {
    const Key& key = set.keys[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (!key.kid.empty() && key.kid == set.keys[j].kid) {
        return bad_key("two keys of the set have the same kid");
      }
      if (is_symmetric(key) != is_symmetric(set.keys[j])) {
        return bad_key("the set mixes HMAC secrets with public keys");
      }
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Algorithm> algorithm_of(std::string_view name) {
  const auto found = std::ranges::find_if(kNames, [&](const auto& n) { return n.first == name; });
  if (found == kNames.end()) return std::nullopt;
  return found->second;
}

std::string_view name_of(Algorithm algorithm) {
  return kNames[static_cast<std::size_t>(algorithm)].first;
}

Result<KeySet> parse_jwks(std::string_view json, KeySetUse use) {
  auto document = JsonDocument::parse(json);
  if (!document.ok()) return bad_key("the key set is not strict JSON: " + document.error().message);
  const Json root = document.value().root();
  if (!root.is_object()) return bad_key("the key set is not a JSON object");

  std::vector<Json> jwks;
  if (const auto keys = root.member("keys")) {
    if (!keys->is_array()) return bad_key("`keys` is not an array");
    jwks = keys->elements();
  } else if (root.member("kty")) {
    jwks = {root};
  } else {
    return bad_key("neither a key (`kty`) nor a key set (`keys`)");
  }
  if (jwks.size() > kMaxKeys) return bad_key("the set has more than 100 keys");

  // Keys of other kinds and for other purposes are passed over (RFC 7517 section 5): providers
  // publish their encryption keys in the same set. A bad key spoils the whole set.
  KeySet set;
  std::string why_none = "it is empty";
  for (std::size_t i = 0; i < jwks.size(); ++i) {
    auto key = read_key(jwks[i]);
    if (!key.ok()) {
      if (key.error().code == Errc::bad_key) {
        return bad_key(name_key(jwks[i], i) + ": " + key.error().message);
      }
      return key.error();
    }
    if (auto* ours = std::get_if<Key>(&key.value())) {
      set.keys.push_back(std::move(*ours));
    } else {
      why_none = name_key(jwks[i], i) + ": " + std::get<NotForUs>(key.value()).why;
    }
  }
  if (auto error = check_together(set)) return std::move(*error);
  if (set.keys.empty() && use == KeySetUse::store) {
    return bad_key("no key of the set can verify: " + why_none);
  }
  return set;
}

}  // namespace tenancy::core
