"""The official tutorials of PyTorch, and its examples, on language, small."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import nn

from tests.support.coverage.case import Made


def names() -> Made:
    """Classifying names with a character-level RNN, the older version: two Linear layers, a hidden state passed on."""

    class RNN(nn.Module):
        def __init__(self, input_size, hidden_size, output_size):
            super().__init__()
            self.hidden_size = hidden_size
            self.i2h, self.h2h = nn.Linear(input_size, hidden_size), nn.Linear(hidden_size, hidden_size)
            self.h2o, self.softmax = nn.Linear(hidden_size, output_size), nn.LogSoftmax(dim=1)

        def step(self, input, hidden):
            hidden = F.tanh(self.i2h(input) + self.h2h(hidden))
            return self.softmax(self.h2o(hidden)), hidden

        def init_hidden(self):
            return torch.zeros(1, self.hidden_size)

        def forward(self, line_tensor, category_tensor):
            hidden = self.init_hidden()
            for i in range(line_tensor.size()[0]):
                output, hidden = self.step(line_tensor[i], hidden)
            return F.nll_loss(output, category_tensor)

    return RNN(4, 3, 2), (F.one_hot(torch.tensor([[1], [3], [0]]), 4).double(), torch.tensor([1]))


def translation() -> Made:
    """NLP from scratch: an encoder and a decoder with Bahdanau's attention and teacher forcing."""

    class BahdanauAttention(nn.Module):
        def __init__(self, size):
            super().__init__()
            self.Wa, self.Ua, self.Va = nn.Linear(size, size), nn.Linear(size, size), nn.Linear(size, 1)

        def forward(self, query, keys):
            scores = self.Va(torch.tanh(self.Wa(query) + self.Ua(keys))).squeeze(2).unsqueeze(1)
            weights = F.softmax(scores, dim=-1)
            return torch.bmm(weights, keys), weights

    class Seq2Seq(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding, self.enc = nn.Embedding(5, 3), nn.GRU(3, 3, batch_first=True)
            self.dec_embedding, self.attention = nn.Embedding(5, 3), BahdanauAttention(3)
            self.gru, self.out, self.dropout = nn.GRU(6, 3, batch_first=True), nn.Linear(3, 5), nn.Dropout(0.0)

        def forward(self, source, target):
            outputs, hidden = self.enc(self.dropout(self.embedding(source)))
            word = torch.empty(source.size(0), 1, dtype=torch.long).fill_(0)
            logits = []
            for i in range(target.size(1)):
                query = hidden.permute(1, 0, 2)
                context, _ = self.attention(query, outputs)
                output, hidden = self.gru(torch.cat((self.dropout(self.dec_embedding(word)), context), dim=2), hidden)
                logits.append(self.out(output))
                word = target[:, i].unsqueeze(1)
            probabilities = F.log_softmax(torch.cat(logits, dim=1), dim=-1)
            return F.nll_loss(probabilities.view(-1, 5), target.view(-1))

    return Seq2Seq(), (torch.randint(5, (1, 3)), torch.randint(5, (1, 2)))


def transformer_language_model() -> Made:
    class PositionalEncoding(nn.Module):
        def __init__(self, d_model, dropout=0.0, max_len=8):
            super().__init__()
            self.dropout = nn.Dropout(p=dropout)
            position = torch.arange(max_len).unsqueeze(1)
            div_term = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10000.0) / d_model))
            pe = torch.zeros(max_len, 1, d_model)
            pe[:, 0, 0::2], pe[:, 0, 1::2] = torch.sin(position * div_term), torch.cos(position * div_term)
            self.register_buffer("pe", pe)

        def forward(self, x):
            return self.dropout(x + self.pe[: x.size(0)])

    class TransformerModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.pos_encoder, self.embedding, self.d_model = PositionalEncoding(4), nn.Embedding(5, 4), 4
            self.transformer_encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(4, 2, 4, 0.0), 1)
            self.linear = nn.Linear(4, 5)

        def forward(self, src, targets):
            src = self.pos_encoder(self.embedding(src) * math.sqrt(self.d_model))
            src_mask = nn.Transformer.generate_square_subsequent_mask(len(src)).to(src.dtype)
            output = self.linear(self.transformer_encoder(src, src_mask))
            return F.cross_entropy(output.view(-1, 5), targets)

    return TransformerModel(), (torch.randint(5, (3, 1)), torch.randint(5, (3,)))


def n_gram() -> Made:
    class NGramLanguageModeler(nn.Module):
        def __init__(self):
            super().__init__()
            self.embeddings, self.linear1, self.linear2 = nn.Embedding(5, 3), nn.Linear(6, 4), nn.Linear(4, 5)

        def forward(self, inputs, target):
            embeds = self.embeddings(inputs).view((1, -1))
            return F.nll_loss(F.log_softmax(self.linear2(F.relu(self.linear1(embeds))), dim=1), target)

    return NGramLanguageModeler(), (torch.tensor([1, 3]), torch.tensor([2]))


def tagger() -> Made:
    class LSTMTagger(nn.Module):
        def __init__(self):
            super().__init__()
            self.word_embeddings, self.lstm, self.hidden2tag = nn.Embedding(5, 3), nn.LSTM(3, 3), nn.Linear(3, 3)

        def forward(self, sentence, targets):
            embeds = self.word_embeddings(sentence)
            lstm_out, _ = self.lstm(embeds.view(len(sentence), 1, -1))
            tag_space = self.hidden2tag(lstm_out.view(len(sentence), -1))
            return F.nll_loss(F.log_softmax(tag_space, dim=1), targets)

    return LSTMTagger(), (torch.randint(5, (3,)), torch.randint(3, (3,)))


def bilstm_crf() -> Made:
    """Advanced: the forward algorithm, in log space, over a loop of tags."""

    def log_sum_exp(vec):
        _, idx = torch.max(vec, 1)
        max_score = vec.gather(1, idx.view(-1, 1))[0, 0]
        max_score_broadcast = max_score.view(1, -1).expand(1, vec.size()[1])
        return max_score + torch.log(torch.sum(torch.exp(vec - max_score_broadcast)))

    class CRF(nn.Module):
        def __init__(self, tags=4, start=2, stop=3):
            super().__init__()
            self.tagset_size, self.start, self.stop = tags, start, stop
            self.embeds, self.lstm = nn.Embedding(5, 2), nn.LSTM(2, 2, num_layers=1, bidirectional=True)
            self.hidden2tag, self.transitions = nn.Linear(4, tags), nn.Parameter(torch.randn(tags, tags))
            self.transitions.data[start, :], self.transitions.data[:, stop] = -100, -100

        def _forward_alg(self, feats):
            init_alphas = torch.full((1, self.tagset_size), -100.0)
            init_alphas[0][self.start] = 0.0
            forward_var = init_alphas
            for feat in feats:
                alphas_t = []
                for next_tag in range(self.tagset_size):
                    emit_score = feat[next_tag].view(1, -1).expand(1, self.tagset_size)
                    trans_score = self.transitions[next_tag].view(1, -1)
                    alphas_t.append(log_sum_exp(forward_var + trans_score + emit_score).view(1))
                forward_var = torch.cat(alphas_t).view(1, -1)
            return log_sum_exp(forward_var + self.transitions[self.stop])

        def _score_sentence(self, feats, tags):
            score = torch.zeros(1)
            tags = torch.cat([torch.tensor([self.start], dtype=torch.long), tags])
            for i, feat in enumerate(feats):
                score = score + self.transitions[tags[i + 1], tags[i]] + feat[tags[i + 1]]
            return score + self.transitions[self.stop, tags[-1]]

        def forward(self, sentence, tags):
            hidden = torch.zeros(2, 1, 2), torch.zeros(2, 1, 2)
            lstm_out, _ = self.lstm(self.embeds(sentence).view(len(sentence), 1, -1), hidden)
            feats = self.hidden2tag(lstm_out.view(len(sentence), 4))
            return (self._forward_alg(feats) - self._score_sentence(feats, tags)).sum()

    return CRF(), (torch.randint(5, (2,)), torch.randint(2, (2,)))


def word_language_model() -> Made:
    """pytorch/examples: weights tied, the hidden state cut off from the batch before."""

    class RNNModel(nn.Module):
        def __init__(self):
            super().__init__()
            self.drop, self.encoder, self.rnn = nn.Dropout(0.0), nn.Embedding(5, 3), nn.LSTM(3, 3, 2, dropout=0.0)
            self.decoder = nn.Linear(3, 5)
            self.decoder.weight = self.encoder.weight
            nn.init.uniform_(self.encoder.weight, -0.1, 0.1)

        def init_hidden(self, bsz):
            weight = next(self.parameters())
            return weight.new_zeros(2, bsz, 3), weight.new_zeros(2, bsz, 3)

        def forward(self, input, targets):
            hidden = tuple(v.detach() for v in self.init_hidden(input.size(1)))
            output, hidden = self.rnn(self.drop(self.encoder(input)), hidden)
            decoded = self.decoder(self.drop(output)).view(-1, 5)
            return F.nll_loss(F.log_softmax(decoded, dim=1), targets)

    return RNNModel(), (torch.randint(5, (2, 1)), torch.randint(5, (2,)))


ZOO = {
    "PyTorch tutorial, names": names,
    "PyTorch tutorial, translation": translation,
    "PyTorch tutorial, transformer": transformer_language_model,
    "PyTorch tutorial, n-gram": n_gram,
    "PyTorch tutorial, tagger": tagger,
    "PyTorch tutorial, BiLSTM-CRF": bilstm_crf,
    "PyTorch examples, word language model": word_language_model,
}
