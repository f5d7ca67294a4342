// The same work as the gateway in Go: net/http, httputil.ReverseProxy and grpc-go, with verified tokens cached.
//
//	rival PLAIN POLICY GRPC HTTP-UPSTREAM GRPC-UPSTREAM KEY.pem
package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
)

const requestsPerSecond = 1_000_000

// A verified token and its user's limit (GCRA: the time at which the bucket would be full again).
type identity struct {
	expires int64
	subject string
	granted map[string]bool
	mutex   sync.Mutex
	full    int64
}

type verifier struct {
	key   *ecdsa.PublicKey
	known sync.Map
}

func (v *verifier) verify(token string) (*identity, error) {
	if found, ok := v.known.Load(token); ok {
		return found.(*identity), nil
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a token")
	}
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || len(signature) != 64 {
		return nil, errors.New("not a signature")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	if !ecdsa.Verify(v.key, digest[:], r, s) {
		return nil, errors.New("wrong signature")
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil, err
	}
	var claims struct {
		Issuer      string   `json:"iss"`
		Audience    string   `json:"aud"`
		Expires     int64    `json:"exp"`
		Subject     string   `json:"sub"`
		Permissions []string `json:"perms"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return nil, err
	}
	if claims.Issuer != "https://auth.example" || claims.Audience != "gw" {
		return nil, errors.New("wrong issuer or audience")
	}
	fresh := &identity{expires: claims.Expires, subject: claims.Subject, granted: map[string]bool{}}
	for _, name := range claims.Permissions {
		fresh.granted[name] = true
	}
	v.known.Store(token, fresh)
	return fresh, nil
}

func (i *identity) take(now time.Time) bool {
	const interval, burst = int64(time.Second) / requestsPerSecond, int64(time.Second)
	i.mutex.Lock()
	defer i.mutex.Unlock()
	at := now.UnixNano()
	if i.full < at {
		i.full = at
	}
	if i.full-at >= burst {
		return false
	}
	i.full += interval
	return true
}

// admit answers the caller, or the status to refuse it with.
func (v *verifier) admit(request *http.Request) (*identity, int) {
	header := request.Header.Get("Authorization")
	if !strings.HasPrefix(header, "Bearer ") {
		return nil, http.StatusUnauthorized
	}
	caller, err := v.verify(header[len("Bearer "):])
	now := time.Now()
	if err != nil || caller.expires < now.Unix() {
		return nil, http.StatusUnauthorized
	}
	if !caller.take(now) {
		return nil, http.StatusTooManyRequests
	}
	if !caller.granted["items:write"] {
		return nil, http.StatusForbidden
	}
	return caller, 0
}

type item struct {
	ID       *string `json:"id"`
	Name     *string `json:"name"`
	Amount   *int64  `json:"amount"`
	Currency *string `json:"currency"`
	Active   bool    `json:"active"`
	Note     string  `json:"note"`
}

// readItem holds the body against the rules of rig/items.yaml.
func readItem(body []byte) (*item, bool) {
	var it item
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if decoder.Decode(&it) != nil || it.ID == nil || it.Name == nil || it.Amount == nil || it.Currency == nil {
		return nil, false
	}
	valid := len(*it.ID) >= 1 && len(*it.ID) <= 64 && len(*it.Name) >= 1 && len(*it.Name) <= 200 &&
		*it.Amount >= 0 && *it.Amount <= 1_000_000_000 && len(*it.Currency) == 3 && len(it.Note) <= 1000
	return &it, valid
}

// rawCodec hands message bytes through: the messages are written and read by hand below, the fastest way Go has.
type rawCodec struct{}

func (rawCodec) Marshal(v interface{}) ([]byte, error) { return *(v.(*[]byte)), nil }
func (rawCodec) Unmarshal(data []byte, v interface{}) error {
	*(v.(*[]byte)) = append([]byte(nil), data...)
	return nil
}
func (rawCodec) Name() string   { return "proto" }
func (rawCodec) String() string { return "proto" }

func appendVarint(to []byte, value uint64) []byte {
	var buffer [binary.MaxVarintLen64]byte
	return append(to, buffer[:binary.PutUvarint(buffer[:], value)]...)
}

func appendText(to []byte, field uint64, text string) []byte {
	return append(appendVarint(appendVarint(to, field<<3|2), uint64(len(text))), text...)
}

func encode(it *item) []byte {
	message := appendText(nil, 1, *it.ID)
	message = appendText(message, 2, *it.Name)
	message = appendVarint(append(message, 3<<3), uint64(*it.Amount))
	message = appendText(message, 4, *it.Currency)
	if it.Active {
		message = append(message, 5<<3, 1)
	}
	if it.Note != "" {
		message = appendText(message, 6, it.Note)
	}
	return message
}

type created struct {
	ID      string `json:"id,omitempty"`
	Status  string `json:"status,omitempty"`
	Version string `json:"version,omitempty"`
	Name    string `json:"name,omitempty"`
}

func decode(message []byte) (result created, err error) {
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return result, io.ErrUnexpectedEOF
		}
		message = message[n:]
		value, n := binary.Uvarint(message)
		if n <= 0 {
			return result, io.ErrUnexpectedEOF
		}
		message = message[n:]
		if tag == 3<<3 {
			result.Version = strconv.FormatInt(int64(value), 10)
			continue
		}
		if tag&7 != 2 || value > uint64(len(message)) {
			return result, io.ErrUnexpectedEOF
		}
		text := string(message[:value])
		message = message[value:]
		switch tag >> 3 {
		case 1:
			result.ID = text
		case 2:
			result.Status = text
		case 4:
			result.Name = text
		}
	}
	return result, nil
}

func publicKey(path string) *ecdsa.PublicKey {
	text, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(text)
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	return key.(*ecdsa.PublicKey)
}

func main() {
	local := func(index int) string { return "127.0.0.1:" + os.Args[index] }
	tokens := &verifier{key: publicKey(os.Args[6])}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: local(4)})
	proxy.Transport = &http.Transport{MaxIdleConns: 1000, MaxIdleConnsPerHost: 1000, DisableCompression: true}
	upstream, err := grpc.Dial(local(5), grpc.WithInsecure(), grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})))
	if err != nil {
		log.Fatal(err)
	}

	policy := func(response http.ResponseWriter, request *http.Request) {
		caller, status := tokens.admit(request)
		if status != 0 {
			response.WriteHeader(status)
			return
		}
		body, err := io.ReadAll(request.Body)
		if _, valid := readItem(body); err != nil || (len(body) > 0 && !valid) {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		request.Body = io.NopCloser(bytes.NewReader(body))
		request.Header.Set("X-User-Id", caller.subject)
		proxy.ServeHTTP(response, request)
	}

	transcode := func(response http.ResponseWriter, request *http.Request) {
		if _, status := tokens.admit(request); status != 0 {
			response.WriteHeader(status)
			return
		}
		body, err := io.ReadAll(request.Body)
		it, valid := readItem(body)
		if err != nil || !valid {
			response.WriteHeader(http.StatusBadRequest)
			return
		}
		deadline, cancel := context.WithTimeout(request.Context(), 5*time.Second)
		defer cancel()
		message, answer := encode(it), []byte(nil)
		if err := upstream.Invoke(deadline, "/bench.Items/Create", &message, &answer); err != nil {
			response.WriteHeader(http.StatusBadGateway)
			return
		}
		result, err := decode(answer)
		if err != nil {
			response.WriteHeader(http.StatusBadGateway)
			return
		}
		text, _ := json.Marshal(result)
		response.Header().Set("Content-Type", "application/json")
		response.Write(text)
	}

	go func() { log.Fatal(http.ListenAndServe(local(1), proxy)) }()
	go func() { log.Fatal(http.ListenAndServe(local(2), http.HandlerFunc(policy))) }()
	log.Fatal(http.ListenAndServe(local(3), http.HandlerFunc(transcode)))
}
